"""A term ends: it is renewed or not, the rest rolls over once or expires (L12, O5, X5, X6, X9)."""

from datetime import date

import pytest

from contracts import agreements, free_credits, term_ends
from contracts.models import Contract, RenewalProposal, ScheduledCharge
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from ledger import balances, caps, corrections, explain, statements, units
from ledger.models import BlockChange, PoolTerm, UsageEvent
from tests import cast

pytestmark = pytest.mark.django_db

START, END, END2, END3 = map(cast.at, ("2026-01-01", "2027-01-01", "2028-01-01", "2029-01-01"))


def use(credits: int, when: str) -> None:
    outcome = cast.send(f"{when}: {credits}", credits, when=cast.at(when), contract="c1")
    assert outcome.status == "applied"


def blocks(contract: Contract, when) -> list[tuple]:
    """(kind, left, end) of the blocks that can be used at `when`, oldest first."""
    [pool] = balances.pools_of(contract.holder)
    found = balances.of_pool(pool, as_of=when, known_at=when).blocks
    return [(block.kind, block.left, block.expires_at) for block in found if block.left]


def deferred(last: date) -> int:
    """The balance of 2100 up to a day, a liability as a positive amount."""
    return -statements.balance(statements.lines(last=last), ["2100"])


def test_the_guides_example_over_three_terms():
    """A03: 800k, use 600k, roll 200k; 600k renewed, use 1M with 200k overage; 1M renewed."""
    contract = cast.sign(credits=800_000, price_minor=800_000, auto_renew=True)
    cast.run_due(START)
    use(600_000, "2026-06-30")
    cast.run_due(END)
    assert blocks(contract, END) == [("paid", 200_000, END2), ("paid", 600_000, END2)]
    use(200_000, "2027-03-31")
    assert blocks(contract, cast.at("2027-04-01")) == [("paid", 600_000, END2)]
    use(600_000, "2027-09-30")
    caps.lift(
        contract.holder, unit_id=units.find(units.CREDITS).id, cap=200_000, by="Ada", reason="X1",
        at=cast.at("2027-12-01"),
    )  # fmt: skip
    use(200_000, "2027-12-15")
    cast.run_due(END2)

    assert blocks(contract, END2) == [("paid", 1_000_000, END3)]
    assert cast.journal(END2) == [
        "2026-01-01 JE-02 debit 1100 8000.00, credit 2100 8000.00",
        "2026-06-30 JE-05 debit 2100 6000.00, credit 4000 6000.00",
        "2027-01-01 JE-02 debit 1100 6000.00, credit 2100 6000.00",
        "2027-03-31 JE-05 debit 2100 2000.00, credit 4000 2000.00",
        "2027-09-30 JE-05 debit 2100 6000.00, credit 4000 6000.00",
        "2027-12-15 JE-15 debit 1150 2000.00, credit 4020 2000.00",
        "2028-01-01 JE-16 debit 1100 12000.00, credit 1150 2000.00, credit 2100 10000.00",
    ]


def test_what_rolled_over_once_expires_the_second_time():
    """A05, X6, V11: breakage on the last usable day, 24 months after the grant."""
    contract = cast.sign(auto_renew=True)
    cast.run_due(START)
    use(30_000, "2026-05-01")
    cast.run_due(END)
    assert blocks(contract, END) == [("paid", 70_000, END2), ("paid", 30_000, END2)]
    use(40_000, "2027-05-01")
    cast.run_due(END2)

    assert blocks(contract, END2) == [("paid", 30_000, END3), ("paid", 40_000, END3)]
    assert cast.journal(END2) == [
        "2026-01-01 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-05-01 JE-05 debit 2100 300.00, credit 4000 300.00",
        "2027-01-01 JE-02 debit 1100 300.00, credit 2100 300.00",
        "2027-05-01 JE-05 debit 2100 400.00, credit 4000 400.00",
        "2027-12-31 JE-12 debit 2100 300.00, credit 4010 300.00",
        "2028-01-01 JE-02 debit 1100 400.00, credit 2100 400.00",
    ]
    assert (deferred(date(2027, 12, 31)), deferred(date(2028, 1, 1))) == (30_000, 70_000)


@pytest.mark.parametrize(
    ("settings", "rolled", "breakage"),
    [
        ({"rollover": "FULL"}, 5_999, []),
        (
            {"rollover": "PARTIAL", "rollover_pct": "25"},
            1_499,
            ["2026-12-31 JE-12 debit 2100 45.00, credit 4010 45.00"],
        ),
        ({"rollover": "NONE"}, 0, ["2026-12-31 JE-12 debit 2100 59.99, credit 4010 59.99"]),
    ],
)
def test_the_policy_says_how_much_of_the_rest_rolls_over(settings, rolled, breakage):
    """A37: 10,000 credits for 100.00, 4,001 used."""
    contract = cast.sign(credits=10_000, price_minor=10_000, auto_renew=True, settings=settings)
    cast.run_due(START)
    use(4_001, "2026-07-01")
    cast.run_due(END)

    assert cast.left(contract, END) == rolled + 4_001
    assert cast.journal(END) == [
        "2026-01-01 JE-02 debit 1100 100.00, credit 2100 100.00",
        "2026-07-01 JE-05 debit 2100 40.01, credit 4000 40.01",
        *breakage,
        "2027-01-01 JE-02 debit 1100 40.01, credit 2100 40.01",
    ]


def test_the_policy_in_force_at_the_end_decides():
    contract = cast.sign(auto_renew=True)
    use(40_000, "2026-07-01")
    policies.change(
        "contract:c1", {"rollover": "NONE"}, effective_at=END, recorded_at=START, by="Fiona"
    )
    cast.run_due(END)

    assert blocks(contract, END) == [("paid", 40_000, END2)]


def test_free_credits_never_roll_over_and_a_bonus_does():
    """L12, L2: what ends with the term: 50 promotional, 60 compensation, 70 bonus credits."""
    contract = cast.sign(auto_renew=True)
    use(100_000, "2026-03-01")
    for kind, credits in (("promo", 50), ("compensation", 60), ("bonus", 70)):
        free_credits.give(
            contract.holder, kind=kind, credits=credits, source=kind, by="Sam", reason="",
            at=cast.at("2026-06-01"),
        )  # fmt: skip
    cast.run_due(END)

    assert blocks(contract, END) == [("bonus", 70, END2), ("paid", 100_000, END2)]


def test_a_top_up_ends_with_its_term_and_never_lives_longer_than_24_months():
    """L14, X5: bought on 1 July 2026, it rolls once and ends with the second term."""
    contract = cast.sign(auto_renew=True)
    cast.run_due(START)
    cast.buy(contract.holder, credits=900, when=cast.at("2026-07-01"))
    use(100_000, "2026-08-01")
    cast.run_due(END)

    assert blocks(contract, END) == [("paid", 900, END2), ("paid", 100_000, END2)]


def test_a_block_of_a_long_first_term_is_cut_at_24_months():
    """L12, X5: 18 months and a term of 12 would be 30; it ends after 24."""
    contract = cast.sign(term_months=18, auto_renew=True)
    use(60_000, "2026-08-01")
    cast.run_due(cast.at("2027-07-01"))

    assert blocks(contract, cast.at("2027-07-01")) == [
        ("paid", 40_000, END2),
        ("paid", 40_000, cast.at("2028-07-01")),
    ]


def test_terms_from_a_leap_day_do_not_drift():
    """T3, L12: 29 Feb 2028, then 28 Feb three times, then 29 Feb 2032; the rest rolls to its end."""
    contract = cast.sign(starts_on=date(2028, 2, 29), when=cast.at("2028-02-29"), auto_renew=True)
    for year in (2028, 2029, 2030, 2031):
        use(60_000 - 10_000 * (year - 2028), f"{year}-07-01")
        cast.run_due(cast.at(f"{year + 1}-02-28"))

    terms = contract.holder.terms.filter(customer_id=contract.customer_id).order_by("number")
    ends = [term.ends_at.date() for term in terms]
    assert ends == [
        date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28), date(2032, 2, 29),
    ]  # fmt: skip
    leap_day = cast.at("2032-02-29")
    assert blocks(contract, cast.at("2032-02-28")) == [
        ("paid", 20_000, leap_day),
        ("paid", 40_000, leap_day),
    ]


def test_without_a_renewal_the_rest_expires_and_overage_is_billed_all_the_same():
    """X9, O5: at the term's end, renewed or not."""
    contract = cast.sign()
    cast.run_due(START)
    use(100_000, "2026-07-01")
    use(15_000, "2026-08-01")
    cast.run_due(END)

    assert agreements.find("c1").status == Contract.Status.ENDED
    charge = ScheduledCharge.objects.get(kind="OVERAGE")
    assert (charge.credits, charge.amount_minor) == (15_000, 15_000)
    assert cast.journal(END)[-1] == "2027-01-01 JE-16 debit 1100 150.00, credit 1150 150.00"
    assert PoolTerm.objects.count() == 1
    assert cast.left(contract, END) == 0


def test_a_term_that_nobody_used_is_not_renewed():
    """O5: baseline 0."""
    cast.sign(auto_renew=True)
    cast.run_due(START)
    cast.run_due(END)

    assert agreements.find("c1").status == Contract.Status.ENDED
    assert cast.journal(END)[-1] == "2026-12-31 JE-12 debit 2100 1000.00, credit 4010 1000.00"


def test_a_baseline_that_rounds_to_nothing_still_bills_the_overage():
    """X28: one credit in 36 months is a third of a credit a year; it was used all the same."""
    contract = cast.sign(credits=1, price_minor=100, term_months=36, auto_renew=True,
                         settings={"overage_pct": "0"})  # fmt: skip
    cast.run_due(START)
    signed = cast.send("u1", 1, when=cast.at("2026-05-01"), contract="c1")
    late = cast.send("u2", 1, when=END, time=cast.at("2026-12-30"), contract="c1")
    corrections.correct(explain.find(signed.uid), credits=0, by="Ada", reason="", at=END)
    assert late.status == "applied"

    cast.run_due(cast.at("2029-01-01"))

    billed = ScheduledCharge.objects.filter(contract=contract, kind=ScheduledCharge.Kind.OVERAGE)
    assert [(charge.credits, charge.amount_minor) for charge in billed] == [(1, 100)]


@pytest.mark.parametrize("used", [40_000, 110_000], ids=["with a rest", "with overage"])
def test_the_end_of_a_term_is_worked_once_however_often_it_is_asked_for(used):
    contract = cast.sign(auto_renew=True)
    use(used, "2026-07-01")
    cast.run_due(END)
    before = (cast.journal(END), cast.left(contract, END), ScheduledCharge.objects.count())

    term_ends.end_term("c1", END, END)
    cast.run_due(END)

    assert (
        cast.journal(END),
        cast.left(contract, END),
        ScheduledCharge.objects.count(),
    ) == before
    assert BlockChange.objects.filter(act="rollover").count() <= 1
    assert PoolTerm.objects.count() == 2


GRACE_ENDS = cast.at("2027-01-11")
WITHIN = cast.at("2027-01-06")


def in_grace(**settings) -> Contract:
    """100,000 credits, 40,000 used, not renewed; ten days of grace have begun."""
    contract = cast.sign(settings={"reinstatement_grace_days": 10, **settings})
    use(40_000, "2026-07-01")
    cast.run_due(END)
    return contract


def frozen(contract: Contract, when) -> list[tuple]:
    """(state, rest, expired, end) of each block, oldest first."""
    [pool] = balances.pools_of(contract.holder)
    found = balances.of_pool(pool, as_of=when, known_at=when).blocks
    return [(block.state, block.rest, block.expired, block.expires_at) for block in found]


def test_within_the_grace_the_rest_is_frozen_not_expired():
    """L13: not usable, still deferred."""
    contract = in_grace()

    assert frozen(contract, END) == [("frozen", 60_000, 0, GRACE_ENDS)]
    assert agreements.find("c1").status == Contract.Status.ENDED
    assert cast.left(contract, WITHIN) == 0
    assert cast.send("too soon", 1, when=WITHIN, contract="c1").status == "refused"
    cast.journal(WITHIN)
    assert deferred(WITHIN.date()) == 60_000


def test_use_from_before_the_freeze_still_draws_on_it():
    """L20: frozen credits stay eligible for events from before the freeze."""
    contract = in_grace()

    late = cast.send("late", 500, when=WITHIN, time=END - cast.SECOND, contract="c1")

    assert late.status == "applied"
    assert frozen(contract, WITHIN) == [("frozen", 59_500, 0, GRACE_ENDS)]


def test_what_a_correction_gives_back_to_frozen_credits_stays_frozen():
    contract = in_grace()
    event = UsageEvent.objects.get(key="2026-07-01: 40000")

    corrections.correct(event, credits=39_000, by="Fiona", reason="miscounted", at=WITHIN)

    assert frozen(contract, WITHIN) == [("frozen", 61_000, 0, GRACE_ENDS)]


def test_without_a_renewal_the_rest_expires_at_the_end_of_the_grace():
    contract = in_grace()
    cast.run_due(GRACE_ENDS)

    assert frozen(contract, GRACE_ENDS) == [("expired", 0, 60_000, GRACE_ENDS)]
    assert cast.journal(GRACE_ENDS)[-1] == (
        "2027-01-10 JE-12 debit 2100 600.00, credit 4010 600.00"
    )
    with pytest.raises(Refusal) as refused:
        term_ends.sign_renewal(contract, by="Sam", at=GRACE_ENDS)
    assert refused.value.code == "term_ended"


def test_a_renewal_within_the_grace_begins_where_the_old_term_ended():
    """L13: the rest is restored, once; the baseline is committed on top, and invoiced now."""
    contract = in_grace()

    term_ends.sign_renewal(contract, by="Sam", at=WITHIN)
    cast.run_due(WITHIN)

    assert agreements.find("c1").status == Contract.Status.ACTIVE
    assert blocks(contract, WITHIN) == [("paid", 60_000, END2), ("paid", 40_000, END2)]
    assert contract.holder.terms.get(customer_id=contract.customer_id, number=2).starts_at == END
    assert cast.journal(WITHIN)[-1] == "2027-01-06 JE-02 debit 1100 400.00, credit 2100 400.00"

    cast.send("gone", 1, when=END2, contract="c1")
    cast.run_due(END2)
    assert blocks(contract, END2) == []


def test_a_renewal_within_the_grace_is_signed_once():
    """The second signature is of the term that ended, not of the one that the first began."""
    contract = in_grace()
    term_ends.sign_renewal(contract, by="Sam", at=WITHIN, after=1)

    with pytest.raises(Refusal) as refused:
        term_ends.sign_renewal(contract, by="Sam", at=WITHIN, after=1)

    assert (refused.value.code, refused.value.detail) == (
        "renewal_signed", f"Term 1 of {contract} was renewed already: term 2 runs now.",
    )  # fmt: skip
    terms = contract.holder.terms.filter(customer_id=contract.customer_id)
    assert (terms.count(), PoolTerm.objects.count()) == (2, 2)
    assert agreements.find("c1").renewal_signed_at is None


def test_signing_after_the_end_does_not_hang_on_the_sweep():
    """Nobody has worked the end of the term yet; without a grace it is over all the same."""
    contract = cast.sign()
    use(40_000, "2026-07-01")

    with pytest.raises(Refusal) as refused:
        term_ends.sign_renewal(contract, by="Sam", at=END)

    assert refused.value.code == "term_ended"


def test_only_the_share_that_a_renewal_would_keep_is_frozen():
    """L12: the rest of it expires at the term's end, and the share is not taken twice."""
    contract = in_grace(rollover="PARTIAL", rollover_pct="25")
    assert frozen(contract, END) == [("frozen", 15_000, 45_000, GRACE_ENDS)]

    term_ends.sign_renewal(contract, by="Sam", at=WITHIN)

    assert blocks(contract, WITHIN) == [("paid", 15_000, END2), ("paid", 40_000, END2)]
    assert RenewalProposal.objects.get().rollover_credits == 15_000


def test_where_nothing_rolls_over_nothing_is_frozen():
    contract = in_grace(rollover="NONE")

    assert frozen(contract, END) == [("expired", 0, 60_000, END)]


def test_a_term_that_nobody_used_can_not_be_renewed_within_the_grace():
    """O5."""
    contract = cast.sign(settings={"reinstatement_grace_days": 10})
    cast.run_due(END)

    with pytest.raises(Refusal) as refused:
        term_ends.sign_renewal(contract, by="Sam", at=WITHIN)

    assert refused.value.code == "nothing_to_renew"
    assert agreements.find("c1").status == Contract.Status.ENDED


def test_overage_is_not_charged_again_by_a_renewal_within_the_grace():
    contract = cast.sign(settings={"reinstatement_grace_days": 10})
    use(110_000, "2026-07-01")
    cast.run_due(END)

    term_ends.sign_renewal(contract, by="Sam", at=WITHIN)
    cast.run_due(WITHIN)

    assert ScheduledCharge.objects.filter(kind="OVERAGE").count() == 1


def test_usage_does_not_depend_on_whether_the_renewal_has_been_worked_yet():
    """FORMAT 3: balances and eligibility must not depend on whether a sweep has run."""
    contract = cast.sign(auto_renew=True)
    use(40_000, "2026-07-01")

    outcome = cast.send("new year", 100, when=END + cast.SECOND, contract="c1")

    assert outcome.status == "applied"
    assert blocks(contract, END + cast.SECOND) == [("paid", 59_900, END2), ("paid", 40_000, END2)]
