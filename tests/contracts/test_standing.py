"""How a contract stands: overage against its cap, unit price, warnings (O1 to O4, S33)."""

from datetime import date
from fractions import Fraction

import pytest

from contracts import standing
from contracts.models import Contract
from creditops.lib import policies
from creditops.lib.models import Approval
from ledger import balances, caps, grants, units
from ledger.models import ThresholdCrossing
from tests import cast

pytestmark = pytest.mark.django_db

DECEMBER = cast.at("2026-12-01")


def overage(contract: Contract, when=DECEMBER):
    return standing.overage(contract, standing.term(contract, 1), when)


def lift(contract: Contract, cap: int, when) -> None:
    caps.lift(
        contract.holder, unit_id=units.find(units.CREDITS).id, cap=cap, by="Ada", reason="", at=when
    )


def use(*amounts: int, month: int = 10) -> list[str]:
    """What became of events of so many credits, one a day; the code where one was refused."""
    days = [cast.at(f"2026-{month}-{day:02}") for day in range(1, len(amounts) + 1)]
    sent = [
        cast.send(f"{month}-{day.day}", credits, when=day, contract="c1")
        for day, credits in zip(days, amounts, strict=True)
    ]
    return [outcome.code or outcome.status for outcome in sent]


def test_an_event_beyond_the_cap_is_refused_whole_and_an_approval_asked_for():
    """A14, O1, L5, S63: a cap of 20 % of 100,000; 15,000 used, the 6,000 that would pass it not."""
    contract = cast.sign()

    told = use(100_000, 9_000, 6_000, 6_000)

    stands = overage(contract)
    assert told == ["applied", "applied", "applied", "overage_cap"]
    assert (stands.credits, stands.cap, stands.cap_left) == (15_000, 20_000, 5_000)
    assert (stands.amount_minor, stands.currency) == (15_000, "USD")
    assert (stands.unit_price, stands.pct_of_commitment) == (Fraction(1, 100), 15)
    assert Approval.objects.get().kind == caps.LIFT


def test_a_lift_acts_from_its_instant_and_is_of_its_term():
    """A03, O2, X1: a third of the commitment, by recorded approval."""
    contract = cast.sign(credits=600_000, price_minor=600_000)
    assert use(600_000, 120_000, 80_000) == ["applied", "applied", "overage_cap"]

    lift(contract, 200_000, DECEMBER)

    assert use(80_000, 1, month=12) == ["applied", "overage_cap"]
    assert (overage(contract).credits, overage(contract).cap_left) == (200_000, 0)
    assert overage(contract, DECEMBER - cast.SECOND).cap == 120_000


def test_a_lift_answers_the_request_that_waits_and_the_next_refusal_asks_anew():
    contract = cast.sign()
    use(100_000, 20_001)

    lift(contract, 30_000, DECEMBER)
    answered = Approval.objects.get()
    assert (answered.state, answered.decided_by) == (Approval.State.APPROVED, "Ada")

    assert use(30_001, 30_002, month=12) == ["overage_cap", "overage_cap"]
    assert Approval.objects.filter(state=Approval.State.OPEN).count() == 1
    assert Approval.objects.count() == 2


def test_a_lowered_cap_undoes_nothing():
    """L20: it only stops more; nothing is left, and not less than nothing."""
    contract = cast.sign()
    use(110_000)

    lift(contract, 4_000, DECEMBER)

    stands = overage(contract)
    assert (stands.credits, stands.cap, stands.cap_left) == (10_000, 4_000, 0)
    assert use(1, month=12) == ["overage_cap"]


@pytest.mark.parametrize(("pct", "cap"), [("0", 0), ("12.5", 12), ("20", 19), ("100", 99)])
def test_the_cap_is_rounded_down_to_a_credit(pct, cap):
    """O1: floor(pct x commitment), here of 99 credits."""
    contract = cast.sign(credits=99, price_minor=99, settings={"overage_pct": pct})

    assert overage(contract).cap == cap


def test_overage_is_valued_on_the_running_sum_at_the_commitments_exact_price():
    """O4, M4: 50.00 / 700 a credit; 40 are 2.857 and 60 more make 7.14, never 2.86 + 4.29 = 7.15."""
    contract = cast.sign(credits=700, price_minor=5_000)
    use(700, 40, 60)

    assert overage(contract).amount_minor == 714
    assert cast.journal(DECEMBER) == [
        "2026-10-01 JE-05 debit 2100 50.00, credit 4000 50.00",
        "2026-10-02 JE-15 debit 1150 2.86, credit 4020 2.86",
        "2026-10-03 JE-15 debit 1150 4.28, credit 4020 4.28",
    ]


def test_a_term_without_a_commitment_yet_has_no_overage():
    contract = cast.sign(starts_on=date(2026, 6, 1))

    assert overage(contract, cast.START) is None
    assert standing.commitment(contract, standing.term(contract, 1), cast.START) is None
    assert standing.term(contract, 2) is None


@pytest.mark.parametrize(
    ("rollover", "codes"), [("FULL", []), ("PARTIAL", []), ("NONE", ["ROLLOVER_NONE"])]
)
def test_no_rollover_is_warned_about_in_the_guides_words(rollover, codes):
    """S33, S47."""
    warnings = standing.warnings(cast.sign(settings={"rollover": rollover}), cast.START)

    assert [code for code, _ in warnings] == codes
    assert all("functionally identical to a licence" in sentence for _, sentence in warnings)


def test_a_contract_whose_customer_is_not_told_before_credits_end_worries():
    """S47: with the default nothing does; an empty list is a finding from its instant on."""
    contract = cast.sign()
    policies.change(
        "customer:acme", {"expiry_notice_days": []}, effective_at=DECEMBER, recorded_at=DECEMBER,
        by="F",
    )  # fmt: skip

    assert standing.worries(contract, DECEMBER - cast.SECOND) == []
    assert standing.worries(contract, DECEMBER) == [
        "No notice before expiry: credits end, and nobody is told before."
    ]


def test_the_warning_follows_a_change_of_the_setting():
    contract = cast.sign()
    policies.change(
        "customer:acme", {"rollover": "NONE"}, effective_at=DECEMBER, recorded_at=DECEMBER, by="F"
    )

    assert standing.warnings(contract, DECEMBER - cast.SECOND) == []
    assert len(standing.warnings(contract, DECEMBER)) == 1


def test_the_cap_may_be_taken_of_all_that_was_available():
    """X1: of the commitment and what came on top; here 20 % of 150,000."""
    contract = cast.sign(settings={"overage_base": "TOTAL_AVAILABLE"}, bonus_credits=50_000)

    assert use(150_000, 30_000, 1) == ["applied", "applied", "overage_cap"]
    assert overage(contract).cap == 30_000


def test_what_came_on_top_raises_that_cap_and_what_is_taken_back_lowers_it():
    """L20: it never undoes overage; daily credits count in neither direction."""
    contract = cast.sign(settings={"overage_base": "TOTAL_AVAILABLE"})
    use(60_000)
    [pool] = balances.pools_of(contract.holder)
    bonus = cast.grant(
        pool, 50_000, source="more", kind="bonus", when=DECEMBER, end=cast.END,
    )  # fmt: skip
    cast.grant(pool, 900, source="day", kind="daily", when=DECEMBER, end=DECEMBER + cast.SECOND)
    assert overage(contract, DECEMBER).cap == 30_000

    grants.revoke(bonus, credits=50_000, by="Fiona", reason="wrong", at=DECEMBER + 2 * cast.SECOND)

    assert overage(contract, DECEMBER + 2 * cast.SECOND).cap == 20_000
    assert balances.caps([pool], DECEMBER + 2 * cast.SECOND) == {pool.id: 20_000}


def test_a_cap_lowered_to_nothing_arms_no_alert_and_a_lift_from_there_does():
    """A2: overage that is reached stays reached, until a cap is above it again."""
    contract = cast.sign()
    use(118_000)
    fired = ThresholdCrossing.objects.filter(threshold="OVERAGE_80")
    assert fired.count() == 1

    lift(contract, 0, cast.at("2026-11-01"))
    lift(contract, 100_000, cast.at("2026-11-02"))
    use(70_000, month=12)

    assert list(fired.values_list("arming", flat=True)) == [1, 2]
