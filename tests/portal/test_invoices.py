"""Invoices, what is open of them, and what comes next."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Membership, Person
from contracts import activation
from contracts.models import ScheduledCharge
from creditops.lib.refusals import NotFound
from creditops.portal import invoices
from creditops.portal.amounts import Amount
from creditops.portal.invoices import Next, Owed, Row
from creditops.portal.visitor import Visitor
from invoicing import credit_notes, payments, purchases
from invoicing.models import Payment
from invoicing.purchases import Order
from tests.cast import at
from tests.portal.conftest import NOW, Acme, visitor


def pay(acme: Acme, minor: int) -> None:
    payments.record(
        acme.invoice, amount_minor=minor, currency="USD", method=Payment.Method.TRANSFER,
        reference=f"W-{minor}", by="Fiona", at=at("2026-01-20"),
    )  # fmt: skip


def top_up(acme: Acme, number: int) -> None:
    order = Order(
        holder=acme.contract.holder, credits=100, price_minor=100, currency="USD", pay="invoice",
        source=f"top-up-{number}",
    )  # fmt: skip
    purchases.buy(order, by="Ada", at=at("2026-02-20"))


def test_an_invoice_is_listed_with_what_is_open(acme: Acme):
    pay(acme, 4_000)

    page = invoices.newest(visitor(acme.customer), at=at("2026-01-25"))

    assert page.rows == [
        Row(
            number="INV-2026-000001",
            issued=date(2026, 1, 1),
            due=date(2026, 1, 31),
            what=acme.invoice.lines.get().text,
            more=0,
            total=Amount(10_000, "USD"),
            open=Amount(6_000, "USD"),
            status="partly paid",
            receipts=["INV-2026-000001-R1"],
        )
    ]


def test_a_paid_invoice_has_nothing_open(acme: Acme):
    pay(acme, 10_000)

    shown = visitor(acme.customer)

    (row,) = invoices.newest(shown, at=NOW).rows
    assert (row.open, row.status) == (None, "paid")
    assert invoices.owed(shown, NOW) is None


def test_what_is_owed_is_summed_with_what_is_overdue(acme: Acme):
    pay(acme, 4_000)
    top_up(acme, 1)

    assert invoices.owed(visitor(acme.customer), NOW) == Owed(
        [Amount(6_100, "USD")], 2, date(2026, 1, 31), 1
    )


def test_pages_go_on_where_the_last_one_ended(acme: Acme):
    for number in range(2):
        top_up(acme, number)
    shown = visitor(acme.customer)

    first = invoices.newest(shown, at=NOW, limit=2)
    second = invoices.newest(shown, at=NOW, limit=2, before=first.before)

    assert [row.number[-1] for row in first.rows] == ["3", "2"]
    assert ([row.number[-1] for row in second.rows], second.before) == (["1"], "")


def test_the_next_charge_is_told_before_it_is_invoiced(acme: Acme):
    term = acme.contract.holder.terms.get(customer_id=acme.customer.pk)
    activation.leave_charge(
        acme.contract, term, ScheduledCharge.Kind.OVERAGE, credits=5, amount_minor=500,
        issue_at=at("2026-12-31"), due_on=date(2027, 1, 30), receivable_at=None,
        at=at("2026-06-01"),
    )  # fmt: skip

    assert invoices.next_charge(visitor(acme.customer)) == Next(
        "Overage", Amount(500, "USD"), date(2026, 12, 31)
    )


def test_with_everything_invoiced_nothing_comes_next(acme: Acme):
    assert invoices.next_charge(visitor(acme.customer)) is None


@pytest.mark.parametrize("number", ["INV-2026-000001", "nothing", "a\0b"])
def test_otto_finds_no_invoice_of_acme(acme: Acme, otto: Person, number: str):
    other = otto.memberships.get().customer
    shown = Visitor(otto, other, Membership.Role.ADMIN, [other])

    with pytest.raises(NotFound):
        invoices.find(shown, number)
    assert invoices.newest(shown, at=NOW).rows == []
    assert invoices.owed(shown, NOW) is None


def test_credit_notes_are_listed_with_what_goes_back(acme: Acme):
    pay(acme, 10_000)
    credit_notes.credit(
        acme.invoice, credits=1_000, by="Fiona", reason="smaller team", at=at("2026-02-20")
    )

    guest = visitor(acme.customer)
    [note] = invoices.notes(guest)

    assert (note.number, note.invoice, note.why) == (
        "CN-2026-000001", acme.invoice.number, "smaller team",
    )  # fmt: skip
    assert (note.total, note.back) == (Amount(1_000, "USD"), Amount(1_000, "USD"))
    assert invoices.find_note(guest, note.number).total_minor == 1_000


def test_another_customers_credit_note_does_not_exist(acme: Acme, otto: Person):
    credit_notes.credit(
        acme.invoice, credits=1_000, by="Fiona", reason="smaller team", at=at("2026-02-20")
    )
    stranger = Visitor(otto, otto.memberships.get().customer, Membership.Role.ADMIN, [])

    assert invoices.notes(stranger) == []
    with pytest.raises(NotFound):
        invoices.find_note(stranger, "CN-2026-000001")
