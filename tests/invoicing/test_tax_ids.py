"""Tax ids: what was checked is kept, and a reverse charge stands on it (I9)."""

import pytest

from accounts import customers
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import ad_hoc, seller, tax_ids
from invoicing.ad_hoc import Item
from invoicing.models import Invoice, NumberSeries, TaxIdCheck
from invoicing.tax_ids import Answer
from tests import cast

pytestmark = pytest.mark.django_db

NOW = cast.START


@pytest.fixture(autouse=True)
def vendor():
    seller.define(name="Northlight", country="DE", vat_id="DE136695976")
    yield
    tax_ids.ask(None)


def french(tax_id="FR40303265045"):
    return cast.customer(country="FR", tax_id=tax_id)


def invoiced(buyer):
    made = ad_hoc.issue(buyer, [Item(10_000)], currency="USD", source="a", by="Fiona", at=NOW)
    return made.invoice


@pytest.mark.parametrize(
    ("country", "tax_id", "valid"),
    [
        ("FR", "FR40303265045", True),
        ("FR", "fr 40 303 265 045", True),
        ("FR", "FR40303265046", False),
        ("IE", "IE6388047V", True),
        ("GR", "EL094259216", True),
        ("DE", "DE136695976", True),
        ("FR", "136695976", False),
        ("CH", "DE136695976", False),
        ("FR", "", False),
        ("FR", "<script>", False),
    ],
)
def test_form_check_digits_and_country_decide(country, tax_id, valid):
    buyer = cast.customer()
    buyer.country, buyer.tax_id = country, tax_id
    buyer.save()

    found = tax_ids.check(buyer, at=NOW)

    assert (found.valid, found.way, found.tax_id) == (valid, "format", tax_id)


def test_a_reverse_charge_keeps_its_evidence():
    invoice = invoiced(french())

    assert (invoice.tax_category, invoice.tax_note) == ("AE", "Reverse charge")
    check = TaxIdCheck.objects.get()
    assert (check.customer, check.tax_id, check.valid) == (invoice.customer, "FR40303265045", True)


def test_an_id_that_does_not_hold_holds_the_document():
    with pytest.raises(Refusal) as refused:
        invoiced(french("FR40303265046"))

    assert refused.value.code == "tax_id_doubtful"
    assert (Invoice.objects.count(), NumberSeries.objects.count()) == (0, 0)


def test_a_reverse_charge_needs_the_sellers_id_too():
    seller.define(vat_id="")

    with pytest.raises(Refusal) as refused:
        invoiced(french())

    assert refused.value.code == "seller_tax_id_missing"


def test_any_id_does_where_the_books_say_so():
    policies.change(
        policies.BOOKS, {tax_ids.SETTING: tax_ids.ANY}, effective_at=NOW, recorded_at=NOW, by="F"
    )

    assert invoiced(french("FR1")).tax_category == "AE"


def test_an_authority_that_is_asked_decides_and_its_answer_is_kept():
    tax_ids.ask(lambda tax_id: Answer(False, name="", reference="WAPI-1"))
    buyer = french()

    found = tax_ids.check(buyer, at=NOW)
    with pytest.raises(Refusal) as refused:
        invoiced(buyer)

    assert (found.valid, found.way, found.reference) == (False, "online", "WAPI-1")
    assert refused.value.code == "tax_id_doubtful"


def test_nobody_is_asked_while_a_document_is_issued():
    tax_ids.ask(lambda tax_id: pytest.fail("asked"))

    assert invoiced(french()).tax_category == "AE"


def test_an_authority_that_cannot_be_reached_leaves_it_to_form_and_digits():
    def unreachable(tax_id: str) -> Answer:
        raise TimeoutError

    tax_ids.ask(unreachable)

    found = tax_ids.check(french(), at=NOW)

    assert (found.valid, found.way) == (True, "format")


def test_what_has_no_form_is_not_asked_about():
    tax_ids.ask(lambda tax_id: pytest.fail("asked"))

    assert not tax_ids.check(french("FR1"), at=NOW).valid


@pytest.mark.parametrize(
    ("country", "tax_id"),
    [("FR", "DE136695976"), ("DE", "EL094259216"), ("GR", "fr 40303265045")],
)
def test_an_id_of_another_country_is_refused_when_it_is_typed(country, tax_id):
    with pytest.raises(Refusal) as refused:
        cast.customer(country=country, tax_id=tax_id)

    assert refused.value.code == "tax_id_of_elsewhere"


def test_nor_can_it_be_changed_to_one_of_elsewhere():
    buyer = french()

    with pytest.raises(Refusal) as refused:
        customers.change(buyer, country="DE")

    assert refused.value.code == "tax_id_of_elsewhere"
    assert customers.find("acme").country == "FR"
