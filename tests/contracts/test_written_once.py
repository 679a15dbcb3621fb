"""Published prices, rates and their tariffs are locked: nobody changes them, not even in SQL (R1)."""

import pytest
from django.db import ProgrammingError, connections, transaction
from django.db.utils import IntegrityError

from contracts import prices, rate_cards
from contracts.models import PriceVersion, RateCardVersion, RateItem
from creditops.lib.tables import WrittenOnce
from ledger.models import Rate, Tariff
from tests import cast

BOOKS = [PriceVersion, RateCardVersion, RateItem, Tariff, Rate]
NOW = cast.START

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture(autouse=True)
def published():
    items = [rate_cards.Item("email", 1)]
    rate_cards.publish(card="c", version="1", items=items, effective_from=NOW, by="F", at=NOW)
    prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=NOW, by="F", at=NOW
    )


@pytest.mark.parametrize("model", BOOKS)
def test_the_program_refuses_to_change_what_was_published(model):
    row = model.objects.get()

    for change in (row.save, row.delete, model.objects.all().delete):
        with pytest.raises(WrittenOnce):
            change()

    assert model.objects.count() == 1


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("model", BOOKS)
def test_the_database_refuses_it_to_the_application_by_rights(model, statement):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connections["default"].cursor().execute(statement.format(model._meta.db_table))

    assert model.objects.count() == 1


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
@pytest.mark.parametrize("model", BOOKS)
def test_the_database_refuses_it_to_the_owner_by_a_trigger(model, statement):
    with (
        pytest.raises(IntegrityError, match="written once"),
        transaction.atomic(using="owner"),
    ):
        connections["owner"].cursor().execute(statement.format(model._meta.db_table))
