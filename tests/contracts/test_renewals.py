"""Proposals: the use of a term becomes the next commitment (O5, S49, S50, S52, X7, X8, X28)."""

from datetime import date

import pytest

from contracts import agreements, free_credits, renewals, standing, term_ends
from contracts.models import Contract, RenewalProposal
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from ledger import balances
from tests import cast

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END
NINETY_DAYS_BEFORE = cast.at("2026-10-03")


def use(credits: int, when="2026-06-01") -> None:
    outcome = cast.send(f"{when}: {credits}", credits, when=cast.at(when), contract="c1")
    assert outcome.status == "applied"


def give(contract: Contract, kind: str, credits: int, **fields) -> None:
    free_credits.give(
        contract.holder, kind=kind, credits=credits, source=kind, by="Sam", reason="", at=START,
        **fields,
    )  # fmt: skip


def figures(contract: Contract, when=END) -> renewals.Proposal:
    return renewals.proposal(contract, standing.term(contract, 1), when)


def test_the_main_job_proposes_18288_credits_for_182_88():
    """19,288 used: 1,000 promotional, 16,000 of the commitment, 2,288 beyond it."""
    contract = cast.sign(credits=16_000, price_minor=16_000)
    give(contract, "promo", 1_000)
    use(17_000)
    use(2_288, "2026-11-01")

    proposal = figures(contract)

    assert (proposal.baseline, proposal.credits, proposal.price_minor) == (18_288, 18_288, 18_288)
    assert (proposal.overage_credits, proposal.overage_minor) == (2_288, 2_288)
    assert (proposal.rollover_credits, proposal.total_minor) == (0, 20_576)
    assert proposal.evidence["used"] == {"promo": 1_000, "paid": 16_000, "overage": 2_288}


def test_what_is_left_rolls_over_on_top_of_the_proposal():
    """S49, X29: 800,000 bought, 600,000 used: 600,000 are proposed, 200,000 come on top."""
    contract = cast.sign(credits=800_000, price_minor=800_000)
    use(600_000)

    proposal = figures(contract)

    assert (proposal.credits, proposal.price_minor) == (600_000, 600_000)
    assert proposal.rollover_credits == 200_000


@pytest.mark.parametrize(
    ("kind", "baseline"), [("promo", 0), ("compensation", 0), ("bonus", 300)]
)  # fmt: skip
def test_free_credits_do_not_count_but_a_bonus_does(kind, baseline):
    """X8, O5: all of them used, and all of the commitment."""
    contract = cast.sign()
    give(contract, kind, 300, expires_at=cast.at("2026-12-01"))
    use(100_300)

    assert figures(contract).baseline == 100_000 + baseline


def test_a_top_up_counts_and_the_price_stays_that_of_the_commitment():
    """X10: not of top-ups. 100,000 for 1,000.00 and 100 for 9.00, all used: 100,100 x 0.01."""
    contract = cast.sign()
    cast.run_due(START)
    cast.buy(contract.holder, credits=100, price_minor=900, when=START)
    use(100_100)

    assert (figures(contract).credits, figures(contract).price_minor) == (100_100, 100_100)


@pytest.mark.parametrize(
    ("months", "used", "baseline"),
    [(6, 10_001, 20_002), (8, 1, 2), (8, 3, 5), (24, 1, 1), (24, 3, 2), (18, 1, 1), (12, 7, 7)],
)
def test_a_term_of_other_than_twelve_months_is_put_on_twelve(months, used, baseline):
    """X28: consumption x 12 / months, half up: 1 in 8 months is 1.5, so 2; 1 in 24 is 0.5, so 1."""
    contract = cast.sign(term_months=months)
    use(used)

    proposal = figures(contract)

    assert proposal.baseline == baseline
    assert proposal.evidence["months_of_term"] == months


@pytest.mark.parametrize(("used", "price_minor"), [(1, 33), (2, 67), (100, 3_333), (300, 10_000)])
def test_the_price_is_the_baselines_share_of_the_old_price_rounded_once(used, price_minor):
    """O5, M2: 100.00 for 300 credits; 33.33... and 66.66... are rounded half up."""
    contract = cast.sign(credits=300, price_minor=10_000)
    use(used)

    assert figures(contract).price_minor == price_minor


def test_a_proposal_is_made_ninety_days_before_the_end_and_not_earlier():
    contract = cast.sign()
    use(30_000)

    cast.run_due(NINETY_DAYS_BEFORE - cast.SECOND)
    assert not RenewalProposal.objects.exists()

    cast.run_due(NINETY_DAYS_BEFORE)
    made = RenewalProposal.objects.get()
    assert (made.contract, made.proposed_at, made.final) == (contract, NINETY_DAYS_BEFORE, False)
    assert (made.credits, made.rollover_credits) == (30_000, 70_000)


def test_a_proposal_is_restated_at_the_end_from_all_that_was_used():
    """S52: the same row, with the figures and the evidence of the whole term."""
    cast.sign()
    use(30_000, "2026-03-01")
    cast.run_due(NINETY_DAYS_BEFORE)
    use(20_000, "2026-12-24")

    cast.run_due(END)

    made = RenewalProposal.objects.get()
    assert (made.proposed_at, made.restated_at, made.final) == (NINETY_DAYS_BEFORE, END, True)
    assert (made.credits, made.price_minor, made.rollover_credits) == (50_000, 50_000, 50_000)
    assert made.evidence["used_by_month"] == {"2026-03": 30_000, "2026-12": 20_000}


def test_a_proposal_restated_after_the_end_for_late_use_stays_final():
    """O7: the signed commitment does not move, the restated baseline is shown."""
    contract = cast.sign()
    use(30_000)
    cast.run_due(END)
    when = cast.at("2027-01-05")
    cast.send("late", 500, when=when, time=cast.at("2026-12-31"), contract="c1")

    restated = renewals.propose(contract, at=when)

    assert RenewalProposal.objects.get() == restated
    assert (restated.credits, restated.final, restated.restated_at) == (30_500, True, when)


def test_months_of_the_evidence_are_those_of_the_contracts_zone():
    """T4: an hour before midnight UTC is the next month in Berlin."""
    contract = cast.sign(time_zone="Europe/Berlin")
    use(10, "2026-03-31 21:59")
    use(20, "2026-03-31 22:00")

    used = renewals.used_by_month(contract, standing.term(contract, 1), END)

    assert used == {"2026-03": 10, "2026-04": 20}


def test_without_use_nothing_is_proposed():
    """O5: baseline 0, no renewal."""
    contract = cast.sign()
    give(contract, "promo", 500)
    use(500)

    assert renewals.propose(contract, at=NINETY_DAYS_BEFORE) is None
    assert not RenewalProposal.objects.exists()


def test_before_a_commitment_there_is_nothing_to_propose():
    contract = cast.sign(starts_on=date(2026, 6, 1))

    assert renewals.propose(contract, at=START) is None
    with pytest.raises(Refusal) as refused:
        figures(contract)
    assert refused.value.code == "no_commitment"


def test_only_blocks_that_end_with_the_term_are_said_to_roll():
    """L12: a bonus that ends earlier or later does not; neither do promotional credits."""
    contract = cast.sign()
    give(contract, "promo", 10)
    [pool] = balances.pools_of(contract.holder)
    cast.grant(pool, 20, source="early", kind="bonus", end=cast.at("2026-12-01"))
    cast.grant(pool, 40, source="late", kind="bonus", end=cast.at("2027-02-01"))
    cast.grant(pool, 80, source="with the term", kind="bonus", end=END)

    assert figures(contract, NINETY_DAYS_BEFORE).rollover_credits == 100_080
    assert figures(contract).rollover_credits == 100_080


def test_a_share_of_each_block_rolls_rounded_down():
    """L12, A37: PARTIAL keeps floor(left x %)."""
    contract = cast.sign(
        credits=10_000, price_minor=10_000, settings={"rollover": "PARTIAL", "rollover_pct": "25"}
    )
    use(4_001)

    assert figures(contract).rollover_credits == 1_499


def test_a_renewal_that_was_signed_acts_at_the_end_and_once():
    contract = cast.sign()
    use(30_000)

    term_ends.sign_renewal(contract, by="Sam", at=cast.at("2026-11-01"))
    cast.run_due(END)
    use(1, "2027-06-01")
    cast.run_due(cast.at("2028-01-01"))

    ended = agreements.find("c1")
    assert ended.status == Contract.Status.ENDED
    assert contract.holder.terms.filter(customer_id=contract.customer_id).count() == 2


def test_a_contract_that_has_ended_is_not_renewed_whatever_the_caller_still_believes():
    contract = cast.sign()
    use(30_000)
    cast.run_due(END)
    assert contract.status == Contract.Status.ACTIVE

    with pytest.raises(Refusal) as refused:
        term_ends.sign_renewal(contract, by="Sam", at=END)

    assert refused.value.code == "term_ended"
    assert agreements.find("c1").renewal_signed_at is None


def test_promotional_use_counts_where_the_setting_says_so():
    contract = cast.sign()
    give(contract, "promo", 300, expires_at=cast.at("2026-12-01"))
    give(contract, "compensation", 200, expires_at=cast.at("2026-12-01"))
    use(100_500)
    kinds = ["PAID", "ROLLOVER", "BONUS", "OVERAGE", "PROMO"]

    before = figures(contract).baseline
    policies.change(
        "contract:c1", {"baseline_kinds": kinds}, effective_at=cast.at("2026-11-01"),
        recorded_at=cast.at("2026-11-01"), by="Sam",
    )  # fmt: skip

    assert (before, figures(contract).baseline) == (100_000, 100_500)
    assert figures(contract, NINETY_DAYS_BEFORE).baseline == 100_000


def test_a_term_that_is_over_keeps_the_baseline_of_its_end():
    contract = cast.sign()
    give(contract, "promo", 300, expires_at=cast.at("2026-12-01"))
    use(100_300)
    after = cast.at("2027-01-02")
    kinds = ["PAID", "ROLLOVER", "BONUS", "OVERAGE", "PROMO"]

    policies.change(
        "books", {"baseline_kinds": kinds}, effective_at=after, recorded_at=after, by="Sam"
    )

    assert figures(contract, cast.at("2027-01-03")).baseline == 100_000
