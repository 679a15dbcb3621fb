"""What customers committed to is tied to what their contracts' invoices leave open in the receivables."""

from __future__ import annotations

from datetime import date

import pytest

from creditops.lib import policies
from creditops.reports import owing
from creditops.reports.frame import Asked, Report
from invoicing import credit_notes, payments, seller, tax_rates, write_offs
from invoicing.models import Invoice
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db

LATER = at("2026-06-30 12:00")


def report() -> Report:
    return owing.commitments(Asked(date(2026, 6, 1), date(2026, 6, 30), LATER))


def pay(invoice: Invoice, minor: int, reference: str) -> None:
    payments.record(
        invoice, amount_minor=minor, currency="USD", method="transfer", reference=reference,
        by="Fiona", at=at("2026-03-01"),
    )  # fmt: skip


@pytest.fixture
def invoice() -> Invoice:
    """$1,000.00 and 10 % tax, for 100,000 credits."""
    policies.change(
        policies.BOOKS, {"money_alone_up_to": "1000"}, effective_at=START, recorded_at=START, by="F"
    )
    seller.define(name="Lumen AI", country="US")
    tax_rates.define(country="US", region="TX", rate_pct="10", at=START)
    cast.sign(cast.customer(country="US", region="TX"))
    cast.run_due(START)
    return Invoice.objects.get()


def test_what_is_billed_taken_back_collected_and_lost_leaves_what_the_account_says(invoice):
    """$1,100.00 billed, $110.00 taken back, $330.00 paid, the rest used and lost."""
    pay(invoice, 33_000, "wire-1")
    before = report()
    credit_notes.credit(invoice, credits=10_000, by="Fiona", reason="test", at=at("2026-04-01"))
    after = report()
    cast.send("u1", 90_000, when=at("2026-04-02"), contract="c1")
    write_offs.write_off(invoice, by="Fiona", reason="gone", at=at("2026-05-01"))
    lost = report()

    assert before.tables[0].rows == [["Acme", "c1", 100_000, 100_000, 30_000, 0, 70_000]]
    assert [made.tables[1].rows[0][2:] for made in (before, after, lost)] == [
        [110_000, 0, -33_000, 0, 77_000],
        [110_000, -11_000, -33_000, 0, 66_000],
        [110_000, -11_000, -33_000, -66_000, 0],
    ]
    checks = [made.checks[0] for made in (before, after, lost)]
    assert [(check.here, check.ledger) for check in checks] == [
        (77_000, 77_000), (66_000, 66_000), (0, 0),
    ]  # fmt: skip


def test_invoices_of_others_are_not_compared(invoice):
    """Credits without a contract are no commitment: what is owed for them stands in neither sum."""
    cast.buy(
        cast.open_pool(cast.customer("quill", country="US", region="TX")).holder,
        when=at("2026-02-01"),
    )

    check = report().checks[0]

    assert Invoice.objects.count() == 2
    assert (check.here, check.ledger) == (110_000, 110_000)


def test_what_came_later_is_in_neither_sum(invoice):
    pay(invoice, 33_000, "wire-1")

    then = Asked(date(2026, 2, 1), date(2026, 2, 28), at("2026-02-28 12:00"), remembered=True)
    check = owing.commitments(then).checks[0]

    assert (check.here, check.ledger) == (110_000, 110_000)
