"""Invoices by hand: several lines, credits and a rate each, a discount before tax (I4, I6, M5)."""

from datetime import date
from fractions import Fraction

import pytest

from creditops.lib.refusals import Refusal
from invoicing import ad_hoc, credit_notes, late_interest, tax_rates
from invoicing.ad_hoc import Item
from invoicing.models import Invoice, NumberSeries
from ledger.models import Block
from tests import cast

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END


@pytest.fixture
def acme():
    tax_rates.define(country="BE", rate_pct="21", at=START)
    return cast.customer(country="BE")


def issue(customer, *items, **how):
    usual = {"currency": "USD", "source": "act 1", "by": "Fiona", "at": START, "expires_at": END}
    return ad_hoc.issue(customer, items, **usual | how)


def test_a_discount_is_spread_before_tax_and_each_rate_is_taxed_on_its_sum(acme):
    """A46a."""
    issued = issue(
        acme, Item(1_000, credits=1_000, tax_rate="21"), Item(2_000, credits=2_000, tax_rate="6"),
        discount_minor=300,
    )  # fmt: skip

    invoice = issued.invoice
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (2_700, 297, 2_997)
    assert list(invoice.taxes.values_list("rate_pct", "net_minor", "tax_minor")) == [
        ("21", 900, 189), ("6", 1_800, 108),
    ]  # fmt: skip
    assert list(invoice.lines.values_list("list_minor", "amount_minor", "tax_no")) == [
        (1_000, 900, 1), (2_000, 1_800, 2),
    ]  # fmt: skip
    costs = [b.layers.get(customer_id=b.customer_id).layer.cost_minor for b in issued.blocks]
    assert costs == [900, 1_800]


def test_lines_of_one_rate_are_taxed_together(acme):
    """I7: 3 x 0.02 at 21 % is 0.01, not 3 x 0.00."""
    issued = issue(acme, *(Item(2, credits=1) for _ in range(3)))

    assert issued.invoice.tax_minor == 1


def test_a_service_is_revenue_at_once_and_is_credited_whole_once(acme):
    issued = issue(acme, Item(500, text="Training"), Item(1_000, credits=1_000))
    assert issued.blocks[0] is None
    assert cast.journal(START) == [
        "2026-01-01 JE-02 debit 1100 18.15, credit 2100 10.00, credit 2200 3.15, credit 4000 5.00",
    ]

    def credit():
        return credit_notes.credit_lines(
            issued.invoice, positions=[1], by="F", reason="not held", at=START
        )

    assert (credit().net_minor, cast.journal(START)[-1]) == (
        500, "2026-01-01 JE-18 debit 2200 1.05, debit 4000 5.00, credit 1100 6.05",
    )  # fmt: skip
    with pytest.raises(Refusal) as refusal:
        credit()
    assert refusal.value.code == "note_above_invoice"


def test_a_note_over_two_rates_credits_each(acme):
    issued = issue(acme, Item(1_000, credits=1_000), Item(1_000, credits=1_000, tax_rate="6"))
    note = credit_notes.credit(issued.invoice, credits=1_500, by="F", reason="too many", at=START)

    assert list(note.taxes.values_list("no", "net_minor", "tax_minor")) == [
        (1, 1_000, 210), (2, 500, 30),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("items", "how", "code"),
    [
        ([], {}, "invoice_empty"),
        ([Item(1)] * 501, {}, "invoice_too_long"),
        ([Item(-1)], {}, "price_negative"),
        ([Item(5)], {"discount_minor": 6}, "discount_too_large"),
        ([Item(5)], {"discount_minor": -1}, "discount_too_large"),
        ([Item(5, credits=0)], {}, "grant_not_positive"),
        ([Item(5, tax_rate="101")], {}, "tax_rate_invalid"),
        ([Item(5, tax_rate="a lot")], {}, "decimal_unreadable"),
        ([Item(5)], {"currency": "EUR"}, "currency_without_rate"),
        ([Item(5)], {"source": "known"}, "already_invoiced"),
    ],
)
def test_what_cannot_be_issued_leaves_no_number_and_no_block(acme, items, how, code):
    issue(acme, Item(1), source="known")

    with pytest.raises(Refusal) as refusal:
        issue(acme, *items, **how)

    assert refusal.value.code == code
    assert (Invoice.objects.count(), NumberSeries.objects.get().last) == (1, 1)
    assert not Block.objects.exists()


def test_a_customer_that_owes_the_tax_itself_has_no_rate_of_a_line():
    """I9: reverse charge stays, whatever a line says."""
    from invoicing import seller

    seller.define(name="Lumen", country="BE", vat_id="BE0428759497")
    buyer = cast.customer(country="DE", tax_id="DE136695976")

    invoice = issue(buyer, Item(1_000, credits=10, tax_rate="21")).invoice

    assert (invoice.tax_category, invoice.tax_minor) == ("AE", 0)


@pytest.mark.parametrize(
    ("paid", "days", "interest", "total"),
    [("2026-05-15", 45, 1_233, 5_233), ("2026-03-31", 0, 0, 0), ("2026-03-01", 0, 0, 0)],
)
def test_interest_runs_from_the_day_after_the_due_date(paid, days, interest, total):
    """A39d: 1,000.00 at 10 % for 45 days is 12.33, and 40.00; paid in time nothing."""
    found = late_interest.of(
        100_000, due=date(2026, 3, 31), paid=date.fromisoformat(paid),
        reference_pct=Fraction(2), margin_pct=Fraction(8), fixed_minor=4_000,
    )  # fmt: skip

    assert (found.days, found.interest_minor, found.total_minor) == (days, interest, total)
