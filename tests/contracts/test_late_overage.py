"""Overage that arrives after its term was billed: charged beside, once, at the running sum (O7, O4)."""

import pytest

from contracts import late_overage, proposal_letters, standing
from contracts.models import RenewalProposal, ScheduledCharge
from creditops.lib.models import DueRow
from ledger import closed_terms, corrections
from ledger.models import PoolTerm, UsageEvent
from tests import cast

pytestmark = pytest.mark.django_db

END, LATER, FEBRUARY = map(cast.at, ("2027-01-01", "2027-01-05", "2027-02-01"))


@pytest.fixture
def renewed():
    """700 credits for 50.00, 740 used in the first term: 40 of overage, 2.86, charged at its end."""
    contract = cast.sign(credits=700, price_minor=5_000, auto_renew=True)
    cast.run_due(cast.START)
    for key, credits in (("u1", 700), ("u2", 40)):
        cast.send(key, credits, when=cast.at("2026-10-01"), contract="c1")
    cast.run_due(END)
    return contract


def late(key: str, credits: int, when=LATER) -> None:
    told = cast.send(key, credits, when=when, time=cast.at("2026-12-31"), contract="c1")
    assert told.status == "applied"


def charges() -> list[tuple]:
    found = ScheduledCharge.objects.filter(kind="OVERAGE").order_by("id")
    return list(found.values_list("source", "credits", "amount_minor", "issue_at"))


FIRST = ("contract:c1:term:1:OVERAGE", 40, 286, END)


def test_what_was_not_charged_yet_is_charged_at_the_running_sum(renewed):
    """M4: 100 x 50.00 / 700 are 7.14, less 2.86; never 4.29 for 60 alone."""
    late("late", 60)
    cast.run_due(LATER)

    assert charges() == [FIRST, ("contract:c1:term:1:OVERAGE:2", 60, 428, LATER)]


def test_what_came_since_the_last_sweep_is_one_charge(renewed):
    late("a", 10)
    late("b", 20, LATER + cast.SECOND)
    assert DueRow.objects.filter(kind=closed_terms.RESTATE).count() == 2

    cast.run_due(FEBRUARY)

    assert [credits for _, credits, _, _ in charges()] == [40, 30]


def test_a_second_look_charges_nothing_again(renewed):
    late("late", 60)
    cast.run_due(LATER)

    again = late_overage.bill(renewed, standing.term(renewed, 1), at=FEBRUARY)

    assert (again, len(charges())) == (None, 2)


def test_the_signed_commitment_does_not_move_and_the_restated_baseline_is_shown(renewed):
    late("late", 60)
    cast.run_due(LATER)

    shown = RenewalProposal.objects.get(term__number=1)
    assert (shown.baseline, shown.credits, shown.price_minor) == (800, 740, 5_286)
    assert (shown.overage_credits, shown.overage_minor, shown.final) == (100, 714, True)
    assert shown.evidence["used_by_month"] == {"2026-10": 740, "2026-12": 60}
    assert PoolTerm.objects.get(term__number=2).commitment == 740
    assert (
        "Use that was reported after the end of the term makes it 800 credits; what was proposed stays."
    ) in proposal_letters.sentences(shown)


def test_a_correction_upwards_of_a_closed_term_is_charged_too(renewed):
    """L20: an up-correction with too few credits is overage of its own term."""
    event = UsageEvent.objects.get(key="u2")
    corrections.correct(event, credits=50, by="Fiona", reason="miscounted", at=LATER)
    cast.run_due(LATER)

    assert [credits for _, credits, _, _ in charges()] == [40, 10]


def test_late_use_that_credits_still_pay_for_is_no_overage():
    contract = cast.sign(auto_renew=True)
    cast.send("u1", 10, when=cast.at("2026-10-01"), contract="c1")
    cast.run_due(END)
    late("late", 60)
    cast.run_due(LATER)

    assert charges() == []
    assert cast.left(contract, LATER) == 99_940


def test_overage_of_the_running_term_waits_for_its_end(renewed):
    cast.send("u3", 741, when=LATER, contract="c1")

    assert not DueRow.objects.filter(kind=closed_terms.RESTATE).exists()


def test_a_contract_that_was_not_renewed_is_charged_all_the_same():
    """X9."""
    cast.sign(credits=700, price_minor=5_000)
    cast.send("u1", 700, when=cast.at("2026-10-01"), contract="c1")
    cast.run_due(END)
    late("late", 7)
    cast.run_due(LATER)

    assert charges() == [("contract:c1:term:1:OVERAGE:1", 7, 50, LATER)]
