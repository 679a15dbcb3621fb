"""A change of a setting acts from its instant on: balances, journal and documents before it stay.

Every setting that there is, each changed to another of its values, on a book with a bit of everything.
"""

from __future__ import annotations

import pytest

from contracts import free_credits, renewals, standing
from contracts.models import Contract
from creditops.lib import policies
from invoicing.models import Invoice
from ledger import balances, holders, posting
from ledger.models import Block, JournalLine, ThresholdCrossing
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db

BEFORE, CHANGED, AFTER = at("2026-03-31"), at("2026-04-10"), at("2026-04-20")

# To what each setting is changed; what can't be changed in the middle of a book says so itself.
OTHERWISE = {
    "alerts": [10, 20],
    "auto_adjust": "UP_ONLY",
    "auto_top_up": {"below": 500, "credits": 100},
    "baseline_kinds": ["PAID", "ROLLOVER", "BONUS", "OVERAGE", "PROMO"],
    "breakage": "PROPORTIONAL",
    "contract_cost": "STRAIGHT_LINE",
    "cost_per_credit": "0.002",
    "datev": {"consultant": 2002, "client": 2, "account_length": 5, "year_begins": "07-01"},
    "discount_alone_up_to_pct": "15",
    "consumer_life_months": 12,
    "draw_order": "EXPIRY_FIRST",
    "enforcement": "HARD",
    "escheat_pct": "50",
    "expected_loss": {"0": "0.5", "1": "2", "31": "10", "61": "25", "91": "50"},
    "expiry_notice_days": [60, 2],
    "floor_price_per_credit": "0.007",
    "go_live_signed": {"names": ["Mara", "Otto"], "date": "2026-04-01", "document": "Policy 1"},
    "grace_hours": 12,
    "grace_pct": "10",
    "hold_over_pct": "50",
    "invoice_release": "REVIEWED",
    "invoice_terms_days": 5,
    "late_admission": "REFUSE_HARD",
    "late_event_window_days": 1,
    "late_interest": {"reference_pct": "2.15", "margin_pct": "8", "fixed": "40"},
    "money_alone_up_to": "500",
    "observe_months": 2,
    "overage_base": "TOTAL_AVAILABLE",
    "overage_pct": "5",
    "rate_review": "NOBODY",
    "reinstatement_grace_days": 10,
    "renewal_rounded_up_to": "TIER",
    "retirement_notice_days": 5,
    "reverse_charge_id": "ANY",
    "rollover": "NONE",
    "rollover_pct": "10",
    "seat_allowance": 5,
    "signal_allowance_pct": "30",
    "signal_by_hand_pct": "40",
    "signal_sign_days": 30,
    "signal_small_deal": "5000",
    "signal_wall_pct": "50",
    "ssp_per_credit": "0.01",
    "ssp_tolerance_pct": "20",
    "suspend_unpaid": True,
    "tax_outside_eu": "O",
    "tax_point": "TAX_AT_REDEMPTION",
    "tax_unknown": "NONE",
    "upfront_commission_pct": "60",
    "validity": {"rule": "ANNIVERSARY", "months": 1},
}
FIXED = {"accounting_zone": "Asia/Tokyo", "rounding": "HALF_EVEN"}


@pytest.fixture
def contract() -> Contract:
    """Two contracts and credits without one, used, overdrawn, expired, corrected in the first months."""
    acme = cast.customer()
    contract = cast.sign(acme, credits=1_000, price_minor=1_005)
    cast.buy(holders.pay_as_you_go(acme, START), credits=99, price_minor=50, when=START)
    free_credits.give(
        contract.holder, kind="promo", credits=70, source="p", by="Sam", reason="", at=START,
        expires_at=at("2026-02-15"),
    )  # fmt: skip
    for day, credits in enumerate([333, 100, 601], start=1):
        cast.send(f"c{day}", credits, when=at(f"2026-02-{day:02}"), contract="c1", user="lena")
    cast.send("o1", 12, when=at("2026-03-02"))
    cast.run_due(BEFORE)
    posting.run(BEFORE)
    return contract


def goes_on(contract: Contract) -> None:
    """More use, some of it late, of a time before the change."""
    cast.send("late", 3, when=AFTER, time=at("2026-04-19"), contract="c1", user="lena")
    cast.send("more", 7, when=AFTER, contract="c1", user="lena")
    cast.run_due(AFTER)
    posting.run(AFTER)


def stood() -> dict[str, object]:
    """What stood in the books by then: balances as of days before, by what was known then, and all
    that was written."""
    days = [at("2026-01-15"), at("2026-02-02"), at("2026-02-20"), BEFORE, CHANGED - cast.SECOND]
    pools = balances.pools_of(Contract.objects.get().holder)
    return {
        "balances": [balances.of_pools(pools, as_of=day, known_at=day) for day in days],
        "journal": list(
            JournalLine.objects.filter(entry__recorded_at__lt=CHANGED)
            .order_by("id")
            .values_list("entry__posting_date", "account__code", "debit_minor", "credit_minor")
        ),
        "blocks": list(
            Block.objects.filter(recorded_at__lt=CHANGED)
            .order_by("id")
            .values_list("granted", "effective_at", "kind", "promo_policy")
        ),
        "crossings": list(
            ThresholdCrossing.objects.filter(crossed_at__lt=CHANGED)
            .order_by("id")
            .values_list("threshold", "crossed_at")
        ),
        "invoices": list(Invoice.objects.filter(issued_at__lt=CHANGED).values()),
    }


def test_every_setting_is_tried():
    tried = {*OTHERWISE, *FIXED}

    assert tried >= {policy.name for policy in policies.known() if not policy.waits_for}


@pytest.mark.parametrize("name", sorted(OTHERWISE))
def test_what_was_before_a_change_stays(contract: Contract, name: str):
    before = stood()

    policies.change(
        "books", {name: OTHERWISE[name]}, effective_at=CHANGED, recorded_at=CHANGED, by="Sam"
    )
    at_once = stood()
    goes_on(contract)

    assert before["journal"]
    assert before["crossings"]
    assert at_once == before
    assert stood() == before
    assert cast.breaches(AFTER) == []


def test_figures_of_a_renewal_follow_the_setting_of_their_own_day(contract: Contract):
    term = standing.term(contract, 1)
    before = renewals.proposal(contract, term, BEFORE).baseline

    policies.change(
        "books", {"baseline_kinds": OTHERWISE["baseline_kinds"]}, effective_at=CHANGED,
        recorded_at=CHANGED, by="Sam",
    )  # fmt: skip

    assert renewals.proposal(contract, term, BEFORE).baseline == before
    assert renewals.proposal(contract, term, CHANGED).baseline == before + 70
