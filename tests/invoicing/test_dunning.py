"""Reminders once per step, stopped by payment and dispute; unpaid credits suspended by policy (I15)."""

from datetime import date

import pytest

from accounts import people
from accounts.models import Membership
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import ageing, disputes, documents, expected_losses, interest_bills, payments
from invoicing.models import Invoice, Reminder
from ledger import holders
from tests import cast
from tests.invoicing import gateways

pytestmark = pytest.mark.django_db

START = cast.START
DUE = date(2026, 1, 31)


def setting(name: str, value, when=START) -> None:
    policies.change(
        policies.BOOKS, {name: value}, effective_at=when, recorded_at=when, by="Mara",
        approved_by="Mara",
    )  # fmt: skip


@pytest.fixture
def invoice():
    """Of 10.00 for 1,000 credits, due on 31 January; Ada looks after Acme's invoices."""
    buyer = cast.customer(country="DE")
    people.add_member(
        email="ada@acme.example", name="Ada", customer=buyer, role=Membership.Role.ADMIN, at=START
    )
    holder = holders.pay_as_you_go(buyer, START)
    return cast.buy(holder, pay="invoice", due_on=DUE, expires_at=cast.END, when=START).invoice


def pay(invoice: Invoice, when, amount_minor=1_000, reference="wire 1") -> None:
    payments.record(
        invoice, amount_minor=amount_minor, currency="USD", method="transfer",
        reference=reference, by="Fiona", at=cast.at(when),
    )  # fmt: skip


def day_by_day(until: str) -> None:
    """The clock walks, as daily runs would have it."""
    from datetime import timedelta

    day = START
    while day <= cast.at(until):
        cast.run_due(day)
        day += timedelta(days=1)
    cast.run_due(cast.at(until))


def steps(invoice: Invoice) -> list[int]:
    return list(
        Reminder.objects.filter(invoice=invoice).order_by("step").values_list("step", flat=True)
    )


def test_a_customer_is_reminded_once_per_step_with_the_facts(invoice, mailoutbox):
    day_by_day("2026-03-10")
    gateways.relay(cast.at("2026-03-10"))

    assert steps(invoice) == [-3, 1, 7, 14, 30]
    letters = [mail for mail in mailoutbox if invoice.number in mail.subject]
    assert [mail.subject for mail in letters] == [
        f"Invoice {invoice.number} is due in 3 days",
        f"Invoice {invoice.number} is 1 day overdue",
        f"Invoice {invoice.number} is 7 days overdue",
        f"Invoice {invoice.number} is 14 days overdue",
        f"Invoice {invoice.number} is 30 days overdue",
    ]
    assert "over 10.00 USD was due on 31 Jan 2026" in letters[1].body
    assert letters[1].to == ["ada@acme.example"]


def test_a_payment_ends_it(invoice):
    day_by_day("2026-02-02")
    pay(invoice, "2026-02-03")
    day_by_day("2026-03-10")

    assert steps(invoice) == [-3, 1]


def test_while_it_is_disputed_nobody_is_written_to(invoice, mailoutbox):
    dispute = disputes.open_(invoice, reason="not ordered", by="Fiona", at=START)
    cast.run_due(cast.at("2026-02-08 12:00"))
    gateways.relay(cast.at("2026-02-08 12:00"))
    assert [mail for mail in mailoutbox if invoice.number in mail.subject] == []

    disputes.settle(dispute, owed=True, by="Fiona", at=cast.at("2026-02-09"))
    cast.run_due(cast.at("2026-02-15"))
    gateways.relay(cast.at("2026-02-15"))

    assert [mail.subject for mail in mailoutbox if invoice.number in mail.subject] == [
        f"Invoice {invoice.number} is 14 days overdue"
    ]
    with pytest.raises(Refusal) as refused:
        disputes.settle(dispute, owed=True, by="Fiona", at=cast.at("2026-02-16"))
    assert refused.value.code == "dispute_decided"


def test_unpaid_credits_are_drawn_on_unless_a_setting_says_otherwise(invoice):
    cast.run_due(cast.at("2026-04-01"))

    assert cast.send("u1", 10, when=cast.at("2026-04-01")).status == "applied"


def test_unpaid_credits_are_suspended_by_policy_until_they_are_paid(invoice):
    setting("suspend_unpaid", True)
    assert cast.send("u1", 10, when=cast.at("2026-02-01")).status == "applied"
    cast.run_due(cast.at("2026-03-05"))

    refused = cast.send("u2", 10, when=cast.at("2026-03-05"))
    assert (refused.status, refused.code) == ("refused", "insufficient_credits")
    pay(invoice, "2026-03-06")

    assert cast.send("u3", 10, when=cast.at("2026-03-06 01:00")).status == "applied"
    assert cast.left_of(invoice.holder, cast.at("2026-03-07")) == 980


def test_suspended_credits_still_pay_for_what_was_used_before(invoice):
    setting("suspend_unpaid", True)
    cast.run_due(cast.at("2026-03-05"))

    late = cast.send("u1", 10, when=cast.at("2026-03-05"), time=cast.at("2026-03-01"))

    assert late.status == "applied"


INTEREST = {"reference_pct": "2.15", "margin_pct": "8", "fixed": "40"}


def test_late_interest_is_billed_once_on_its_own_invoice(invoice):
    """A39: 1,000 at 10.15 % for 30 days is 8 cents, and the fixed sum."""
    setting("late_interest", INTEREST)
    pay(invoice, "2026-03-02")
    when = cast.at("2026-03-03")

    made = interest_bills.bill(invoice, by="Fiona", at=when)

    assert [(line.kind, line.amount_minor) for line in made.lines.all()] == [
        ("INTEREST", 8), ("INTEREST", 4_000),
    ]  # fmt: skip
    assert cast.journal(when)[-1] == "2026-03-03 JE-02 debit 1100 40.08, credit 7200 40.08"
    with pytest.raises(Refusal) as refused:
        interest_bills.bill(invoice, by="Fiona", at=when)
    assert refused.value.code == "already_invoiced"


@pytest.mark.parametrize(
    ("on", "paid", "code"),
    [
        (None, "2026-03-02", "interest_off"),
        (INTEREST, None, "not_paid_yet"),
        (INTEREST, "2026-01-31", "paid_in_time"),
    ],
)
def test_late_interest_that_is_not_owed_is_refused(invoice, on, paid, code):
    setting("late_interest", on)
    if paid:
        pay(invoice, paid)

    with pytest.raises(Refusal) as refused:
        interest_bills.bill(invoice, by="Fiona", at=cast.at("2026-03-03"))

    assert refused.value.code == code
    assert Invoice.objects.count() == 1


LOSSES = {"0": "1", "1": "10", "31": "20", "61": "50", "91": "100"}


def test_debts_are_aged_as_of_any_day(invoice):
    pay(invoice, "2026-03-02", 400)

    def bands(day: date) -> dict[int, int]:
        return ageing.sums(ageing.of(day, zone="UTC"), "USD")

    assert bands(date(2026, 1, 31)) == {0: 1_000, 1: 0, 31: 0, 61: 0, 91: 0}
    assert bands(date(2026, 3, 1))[1] == 1_000
    assert bands(date(2026, 3, 3))[31] == 600


def test_the_allowance_is_brought_to_what_is_expected_once_a_month(invoice):
    setting("expected_loss", LOSSES)
    expected_losses.book(date(2026, 1, 1), by="Mara", at=cast.at("2026-02-01"))
    expected_losses.book(date(2026, 2, 1), by="Mara", at=cast.at("2026-03-01"))
    pay(invoice, "2026-03-02")
    expected_losses.book(date(2026, 3, 1), by="Mara", at=cast.at("2026-04-01"))

    losses = [line for line in cast.journal(cast.at("2026-04-01")) if "JE-25" in line]
    assert losses == [
        "2026-01-31 JE-25 debit 6300 0.10, credit 1190 0.10",
        "2026-02-28 JE-25 debit 6300 0.90, credit 1190 0.90",
        "2026-03-31 JE-25 debit 1190 1.00, credit 6300 1.00",
    ]
    with pytest.raises(Refusal) as refused:
        expected_losses.book(date(2026, 3, 1), by="Mara", at=cast.at("2026-04-02"))
    assert refused.value.code == "expected_loss_booked"


def test_a_month_that_is_not_over_has_no_allowance_yet(invoice):
    setting("expected_loss", LOSSES)

    with pytest.raises(Refusal) as refused:
        expected_losses.book(date(2026, 1, 1), by="Mara", at=cast.at("2026-01-31"))

    assert refused.value.code == "month_not_over"
    assert documents.open_minor(invoice) == 1_000
