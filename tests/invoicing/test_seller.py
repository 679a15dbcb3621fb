"""Who sells: the legal entity that documents print."""

import pytest
from django.db import IntegrityError, transaction

from invoicing import seller
from invoicing.models import SellerProfile

pytestmark = pytest.mark.django_db


def test_until_somebody_fills_it_in_documents_say_that_the_name_is_missing():
    assert seller.is_unnamed()
    assert seller.as_printed()["name"] == "The seller's name is not set yet"
    assert not SellerProfile.objects.exists()


def test_the_legal_name_is_printed_and_the_name_where_there_is_none():
    seller.define(name="Northlight")
    assert seller.as_printed()["name"] == "Northlight"

    seller.define(legal_name="Northlight GmbH", vat_id="DE312345678")

    assert not seller.is_unnamed()
    assert seller.as_printed() == {
        "name": "Northlight GmbH",
        "address": "",
        "country": "",
        "vat_id": "DE312345678",
        "email": "",
        "bank_details": "",
        "footer": "",
        "bic": "",
        "iban": "",
        "logo": "",
        "registration": "",
        "tax_number": "",
    }


def test_there_is_one_seller():
    seller.define(name="Northlight")

    with pytest.raises(IntegrityError, match="seller_is_one"), transaction.atomic():
        SellerProfile.objects.create(id=2, name="Southlight")

    assert SellerProfile.objects.get().name == "Northlight"
