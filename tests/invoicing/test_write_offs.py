"""Write-offs: unused credits go back first, only what was used is a loss (V20, JE-25)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from creditops.desk import approving
from creditops.lib import policies
from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from invoicing import documents, payments, tax_rates, voids, write_offs
from invoicing.models import WriteOff
from ledger import holders
from tests import cast

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END
MAY, SEPTEMBER = cast.at("2026-05-31"), cast.at("2026-09-30")


@pytest.fixture
def holder():
    return holders.pay_as_you_go(cast.customer(), START)


@pytest.fixture
def alone():
    """One person may write off up to $1,000."""
    policies.change(
        policies.BOOKS, {"money_alone_up_to": "1000"}, effective_at=START, recorded_at=START,
        by="C", approved_by="O",
    )  # fmt: skip


def bought(holder, **order):
    return cast.buy(holder, when=START, pay="invoice", expires_at=END, **order).invoice


def write_off(invoice, when=SEPTEMBER):
    return write_offs.write_off_or_ask(invoice, by="Fiona", reason="default confirmed", at=when)


def pay(invoice, amount, when=START):
    payments.record(
        invoice, amount_minor=amount, currency="USD", method="transfer",
        reference=f"wire {amount}", by="Fiona", at=when,
    )  # fmt: skip


def test_what_was_not_used_is_no_loss(holder, alone):
    """A20."""
    invoice = bought(holder)
    cast.send("u", 400, when=MAY)
    done = write_off(invoice)

    assert (done.note.net_minor, done.write_off.amount_minor) == (600, 400)
    assert documents.standing(invoice, date(2026, 10, 1)) == documents.Standing(0, "WRITTEN_OFF")
    assert cast.left_of(holder, SEPTEMBER) == 0
    assert cast.journal(SEPTEMBER)[2:] == [
        "2026-09-30 JE-18 debit 2100 6.00, credit 1100 6.00",
        "2026-09-30 JE-25 debit 6300 4.00, credit 1190 4.00",
        "2026-09-30 JE-25 debit 1190 4.00, credit 1100 4.00",
    ]


def test_where_nothing_was_used_there_is_no_loss_at_all(holder, alone):
    invoice = bought(holder)
    done = write_off(invoice)

    assert (done.note.net_minor, done.write_off.amount_minor) == (1_000, 0)
    assert documents.status(invoice, date(2026, 10, 1)) == "WRITTEN_OFF"


def test_where_all_was_used_there_is_no_note(holder, alone):
    invoice = bought(holder)
    cast.send("u", 1_000, when=MAY)

    assert write_off(invoice).note is None


def test_credits_that_were_paid_for_stay(holder, alone):
    """Of 10.00 paid in part 7.00, 400 of 1,000 used: the unpaid 300 go back, nothing is owed or lost."""
    invoice = bought(holder)
    pay(invoice, 700)
    cast.send("u", 400, when=MAY)
    done = write_off(invoice)

    assert done.note.refundable_minor == 0
    assert (done.note.net_minor, done.write_off.amount_minor) == (300, 0)
    assert cast.left_of(holder, SEPTEMBER) == 300


def test_roundings_of_a_write_off_never_owe_money_back(alone):
    """3 credits for 0.13 and 0.02 tax, paid 0.05: two of them would be 0.11 where 0.10 is owed; one is."""
    tax_rates.define(country="DE", rate_pct="19", at=START)
    holder = holders.pay_as_you_go(cast.customer(country="DE"), START)
    invoice = bought(holder, credits=3, price_minor=13)
    pay(invoice, 5)
    done = write_off(invoice)

    assert (done.note.total_minor, done.note.refundable_minor) == (5, 0)
    assert done.write_off.amount_minor == 5


def test_what_was_paid_of_a_cancellable_plan_begins_when_the_rest_is_written_off(alone):
    """V3: half is paid and nothing more is waited for, so half of the credits are there."""
    contract = cast.sign(credits=1_000, price_minor=1_000, cancellable=True)
    cast.run_due(START)
    invoice = contract.invoices.get()
    pay(invoice, 500)
    assert cast.left_of(contract.holder, MAY) == 0

    done = write_off(invoice, when=MAY)

    assert (done.note.net_minor, done.write_off.amount_minor) == (500, 0)
    assert cast.left_of(contract.holder, MAY) == 500


def test_a_memo_that_was_given_up_is_taken_off_what_becomes_owed_later(alone):
    """V3: the invoice is posted when its term begins, and its note with it: no loss, nothing owed."""
    later = cast.at("2026-06-01")
    contract = cast.sign(
        credits=1_000, price_minor=1_000, starts_on=later.date(), due_on=later.date()
    )
    cast.run_due(START)
    assert write_off(contract.invoices.get(), when=MAY).write_off.amount_minor == 0

    cast.run_due(later)

    assert cast.journal(later) == [
        "2026-06-01 JE-02 debit 1100 10.00, credit 2100 10.00",
        "2026-06-01 JE-18 debit 2100 10.00, credit 1100 10.00",
    ]


def test_tax_is_written_off_with_its_net(alone):
    tax_rates.define(country="DE", rate_pct="19", at=START)
    invoice = bought(holders.pay_as_you_go(cast.customer(country="DE"), START))
    cast.send("u", 400, when=MAY)
    done = write_off(invoice)

    assert (done.note.total_minor, done.write_off.amount_minor) == (714, 476)


def test_a_memo_is_given_up_without_an_entry(alone):
    """V3: an unpaid cancellable plan is no receivable, so no loss."""
    contract = cast.sign(credits=1_000, price_minor=1_000, cancellable=True)
    cast.run_due(START)
    done = write_off(contract.invoices.get())

    assert (done.note.net_minor, done.write_off.amount_minor) == (1_000, 0)
    assert cast.journal(SEPTEMBER) == []


def test_what_is_paid_after_all_is_recovered(holder, alone):
    """JE-25."""
    invoice = bought(holder)
    cast.send("u", 400, when=MAY)
    write_off(invoice)
    pay(invoice, 150, cast.at("2026-10-10"))

    assert cast.journal(cast.at("2026-10-10"))[-1] == (
        "2026-10-10 JE-25 debit 1000 1.50, credit 6300 1.50"
    )
    assert documents.status(invoice, date(2026, 10, 10)) == "WRITTEN_OFF"
    with pytest.raises(Refusal) as refusal:
        pay(invoice, 251, cast.at("2026-10-11"))
    assert refusal.value.code == "payment_above_open"


@pytest.mark.parametrize("settle", [lambda i: pay(i, 1_000), write_off])
def test_what_is_settled_is_not_written_off(holder, alone, settle):
    invoice = bought(holder)
    settle(invoice)

    with pytest.raises(Refusal) as refusal:
        write_off(invoice)
    assert refusal.value.code == "nothing_open"


def test_a_void_invoice_is_not_written_off(holder, alone):
    invoice = bought(holder)
    voids.void(invoice, by="Fiona", reason="wrong", at=MAY)

    with pytest.raises(Refusal) as refusal:
        write_off(invoice)
    assert refusal.value.code == "nothing_open"


def test_a_loss_needs_a_second_person(holder):
    invoice = bought(holder)
    asked = write_off(invoice)

    assert isinstance(asked, Approval)
    assert asked.content == {
        "invoice": invoice.number, "open_minor": 1_000, "reason": "default confirmed",
    }  # fmt: skip
    said = approving.approve(asked.pk, {}, by="Carla", at=SEPTEMBER, reason="")
    assert said == f"{invoice.number} is written off: 0.00 USD are a loss."
    assert WriteOff.objects.get().approval == asked


def test_a_payment_meanwhile_takes_the_request_away(holder):
    invoice = bought(holder)
    asked = write_off(invoice)
    pay(invoice, 1, MAY)

    with pytest.raises(Refusal) as refusal:
        approving.approve(asked.pk, {}, by="Carla", at=SEPTEMBER, reason="")
    assert refusal.value.code == "approval_content_changed"
    assert not WriteOff.objects.exists()


def test_the_database_refuses_a_write_off_by_one_or_of_another_amount(holder):
    invoice = bought(holder)
    row = {"invoice": invoice, "written_off_at": MAY, "written_off_by": "Fiona", "reason": "x"}

    for amount, said in ((1_000, "needs a second person"), (999, "does not fit")):
        with pytest.raises(IntegrityError, match=said), transaction.atomic():
            WriteOff.objects.create(amount_minor=amount, **row)
