"""Billed overage that is corrected to less is credited: the same running sum, newest charge first (O7)."""

import pytest

from contracts import standing
from contracts.models import RenewalProposal, ScheduledCharge
from creditops import schedule
from invoicing import documents, overage_notes, payments
from invoicing.models import CreditNote, Invoice
from ledger import backfills, columns, corrections
from ledger.models import PoolTerm, UsageEvent
from tests import cast

pytestmark = pytest.mark.django_db

END, LATER, FEBRUARY = map(cast.at, ("2027-01-01", "2027-01-05", "2027-02-01"))


@pytest.fixture
def renewed():
    """700 credits for 50.00, 740 used in the first term: 40 of overage, 2.86, billed at its end."""
    contract = cast.sign(credits=700, price_minor=5_000, auto_renew=True)
    cast.run_due(cast.START)
    for key, credits in (("u1", 700), ("u2", 40)):
        cast.send(key, credits, when=cast.at("2026-10-01"), contract="c1")
    cast.run_due(END)
    return contract


def correct(key: str, credits: int, when=LATER) -> None:
    event = UsageEvent.objects.get(key=key)
    corrections.correct(event, credits=credits, by="Fiona", reason="miscounted", at=when)
    cast.run_due(when)


def late(key: str, credits: int, when=LATER) -> None:
    cast.send(key, credits, when=when, time=cast.at("2026-12-31"), contract="c1")
    cast.run_due(when)


def notes() -> list[tuple]:
    found = CreditNote.objects.order_by("id")
    return [
        (n.invoice.number, n.occasion, n.lines.get().credits, n.net_minor, n.receivable_minor)
        for n in found
    ]


def test_less_overage_than_was_billed_is_credited_on_the_renewal_invoice(renewed):
    """M4: 30 of overage are 2.14, so 0.72 go back; the revenue went with the correction (JE-15)."""
    correct("u2", 30)

    assert notes() == [("INV-2027-000001", "correction", 10, 72, 72)]
    assert cast.journal(LATER)[-2:] == [
        "2027-01-05 JE-18 debit 1150 0.72, credit 1100 0.72",
        "2027-01-05 JE-15 debit 4020 0.72, credit 1150 0.72",
    ]


def test_what_was_paid_is_owed_back(renewed):
    invoice = Invoice.objects.get(number="INV-2027-000001")
    payments.record(
        invoice, amount_minor=documents.open_minor(invoice), currency="USD", method="transfer",
        reference="wire", by="Fiona", at=END,
    )  # fmt: skip
    correct("u2", 0)

    assert notes() == [("INV-2027-000001", "correction", 40, 286, 0)]
    assert documents.note_open_minor(CreditNote.objects.get()) == 286


def test_the_newest_charge_goes_back_first_one_note_per_invoice(renewed):
    """60 late ones were billed beside for 4.28: of 100, 70 go back; 30 stay, for 2.14."""
    late("late", 60)
    correct("late", 0, FEBRUARY)
    correct("u2", 30, FEBRUARY + cast.SECOND)

    assert notes() == [
        ("INV-2027-000002", "correction", 60, 428, 428),
        ("INV-2027-000001", "correction", 10, 72, 72),
    ]
    left = sum(c.amount_minor - c.taken_back_minor for c in charges())
    assert (left, sum(c.credits - c.taken_back_credits for c in charges())) == (214, 30)


def charges():
    return list(ScheduledCharge.objects.filter(kind="OVERAGE"))


def test_what_goes_up_again_is_charged_from_there(renewed):
    correct("u2", 30)
    correct("u2", 35, FEBRUARY)

    assert [(c.credits, c.amount_minor) for c in charges()] == [(40, 286), (5, 36)]


def test_a_second_look_credits_nothing_again(renewed):
    correct("u2", 30)

    assert overage_notes.credit(renewed, standing.term(renewed, 1), at=FEBRUARY) == []


def test_what_is_corrected_in_the_same_instant_after_the_note_is_credited_too(renewed):
    """A run of due work has one instant for all its pieces."""
    correct("u2", 30)
    correct("u2", 0)

    assert [(credits, net) for _, _, credits, net, _ in notes()] == [(10, 72), (30, 214)]


def test_a_backfill_that_is_reversed_piece_by_piece_takes_back_all_that_was_billed_by_one_note(
    renewed, monkeypatch
):
    monkeypatch.setattr(backfills, "VOIDED_AT_ONCE", 1)
    loaded = backfills.open_for("late", by="Fiona", at=LATER)
    old = [cast.usage(f"b{n}", 20, time=cast.at("2026-12-31"), contract="c1") for n in range(3)]
    backfills.stage(loaded, columns.of(old))
    backfills.close(loaded, by="Fiona", reason="the meter was down", at=LATER)
    cast.run_due(LATER)
    assert [(c.credits, c.amount_minor) for c in charges()] == [(40, 286), (60, 428)]

    backfills.reverse(loaded, by="Fiona", reason="wrong file", at=FEBRUARY)
    schedule.run_due(FEBRUARY + cast.SECOND, now=FEBRUARY + cast.SECOND)

    back = sum(c.taken_back_minor for c in charges()), sum(c.taken_back_credits for c in charges())
    assert back == (428, 60)
    assert notes() == [("INV-2027-000002", "correction", 60, 428, 428)]


def test_the_signed_commitment_does_not_move(renewed):
    correct("u2", 30)

    shown = RenewalProposal.objects.get(term__number=1)
    assert (shown.baseline, shown.credits, shown.overage_credits) == (730, 740, 30)
    assert PoolTerm.objects.get(term__number=2).commitment == 740


def test_a_correction_of_what_credits_paid_for_makes_no_note(renewed):
    correct("u1", 600)

    assert notes() == []


def test_overage_that_cost_nothing_is_taken_back_without_a_note():
    """I5."""
    cast.sign(credits=700, price_minor=0)
    cast.run_due(cast.START)
    for key, credits in (("u1", 700), ("u2", 40)):
        cast.send(key, credits, when=cast.at("2026-10-01"), contract="c1")
    cast.run_due(END)
    correct("u2", 0)

    assert (notes(), charges()[0].taken_back_credits) == ([], 40)
