"""How a document stands: what is open, and its status (I5, I14)."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing import documents, payments
from ledger import holders
from tests import cast

pytestmark = pytest.mark.django_db

START, DUE = date(2026, 1, 1), date(2026, 1, 31)


def bought(price_minor=1_000, code="acme"):
    holder = holders.pay_as_you_go(cast.customer(code), cast.START)
    return cast.buy(
        holder, price_minor=price_minor, pay="invoice", source=code, when=cast.START
    ).invoice


def pay(invoice, amount_minor: int) -> None:
    payments.record(
        invoice, amount_minor=amount_minor, currency="USD", method="transfer",
        reference=f"{invoice.number} {amount_minor}", by="Fiona", at=cast.START,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("paid", "today", "status", "still_open"),
    [
        ([], START, "ISSUED", 1_000),
        ([], DUE, "ISSUED", 1_000),
        ([], date(2026, 2, 1), "OVERDUE", 1_000),
        ([400], DUE, "PARTLY_PAID", 600),
        ([400], date(2026, 2, 1), "OVERDUE", 600),
        ([400, 600], START, "PAID", 0),
        ([1_000], date(2027, 1, 1), "PAID", 0),
    ],
)
def test_the_status_follows_from_payments_and_the_due_date(paid, today, status, still_open):
    """The due date is the last day to pay."""
    invoice = bought()
    for amount in paid:
        pay(invoice, amount)

    assert documents.open_minor(invoice) == still_open
    assert documents.status(invoice, today) == status


def test_an_invoice_of_nothing_is_paid_at_once():
    """I5."""
    invoice = bought(0)

    assert documents.status(invoice, date(2027, 1, 1)) == "PAID"


def test_what_is_open_of_many_invoices_is_asked_at_once():
    invoices = [bought(code=code) for code in ("acme", "beta", "gamma")]
    pay(invoices[1], 1)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        still_open = documents.open_minors(invoices)

    assert list(still_open.values()) == [1_000, 999, 1_000]
    assert len(asked) == 1
