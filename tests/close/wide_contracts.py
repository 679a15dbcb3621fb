"""The contracts of a wide book: each of another kind, of a customer of its own.

One in installments whose invoices wait for finance, one in another currency, one that can be cancelled, one
whose term is still to come, one whose tax rate nobody knows at first. Three have a rate card and pay
commissions, each at a cost that is accounted for in another way.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from contracts import commission_plans, rate_cards
from contracts.commission_figures import Share
from contracts.commission_plans import Wanted
from contracts.models import CommissionPlanVersion, RateCard
from contracts.rate_cards import Item
from creditops.lib import policies
from ledger import exchange
from tests import cast
from tests.cast import START

HELD, REVIEWED = "held", "parts"
# Those with the rate card, and the meters of their usage.
CARDED = ("parts", "euro", "later")
METERS = ["words", "voice", "words"]
USERS: list[tuple[str, str | None]] = [
    ("parity", "parts"), ("berlin", "euro"), ("paris", "free"), ("lara", "later"), ("helga", "held"),
]  # fmt: skip
SETTINGS = {
    "ssp_per_credit": "0.08",
    "expected_loss": {"0": "0.5", "1": "2", "31": "10", "61": "25", "91": "60"},
}
_REPS = [Share("sam@vendor.example", Decimal(60)), Share("ann@vendor.example", Decimal(40))]


def publish_rate(rate: str = "1.0803", *, when=START) -> None:
    """What a euro costs from `when` on."""
    exchange.publish(
        from_currency="EUR", to_currency="USD", rate=rate, effective_from=when, by="Fiona", at=when
    )


def sign_all() -> None:
    """Sign them."""
    policies.change(
        policies.contract_scope(REVIEWED), {"invoice_release": "REVIEWED"}, effective_at=START,
        recorded_at=START, by="Fiona", approved_by="Augusta",
    )  # fmt: skip
    card, (expensed, straight, consumed) = _card(), _plans()
    cast.sign(
        cast.customer("parity", country="US", region="OR"), code=REVIEWED, credits=4_003,
        price_minor=50_000, installments=6, bonus_credits=77, rate_card=card, commission_plan=expensed,
    )  # fmt: skip
    cast.sign(
        cast.customer("berlin", country="DE", currency="EUR", time_zone="Europe/Berlin"), code="euro",
        credits=3_001, price_minor=33_333, currency="EUR", term_months=6, time_zone="Europe/Berlin",
        auto_renew=True, starts_on=date(2026, 1, 15), rate_card=card, commission_plan=straight,
    )  # fmt: skip
    cast.sign(
        cast.customer("paris", country="FR"), code="free", credits=1_500, price_minor=15_001,
        cancellable=True,
    )  # fmt: skip
    cast.sign(
        cast.customer("lara", country="US", region="OR"), code="later", credits=2_500,
        price_minor=24_999, starts_on=date(2026, 4, 10), due_on=date(2026, 2, 20),
        time_zone="Asia/Tokyo", rate_card=card, commission_plan=consumed,
    )  # fmt: skip
    cast.sign(
        cast.customer("helga", country="US", region="CA"), code=HELD, credits=1_200,
        price_minor=11_111, auto_renew=True,
    )  # fmt: skip


def _card() -> RateCard:
    items = [
        Item("words", 1, kind="pack", per=3),
        Item("voice", 1, role="agent"),
        Item("sync", 120, kind="flat", period_months=5),
        Item("seat", 7, kind="licence", period_months=1),
    ]
    rate_cards.publish(
        card="card", version="1", items=items, effective_from=START, by="Sam", at=START
    )
    return rate_cards.find("card")


def _plans() -> list[CommissionPlanVersion]:
    return [
        commission_plans.publish(
            cost.lower(), Wanted(Decimal("9.5"), Decimal(60), cost=cost, months=24, split=_REPS),
            by="Sally", at=START,
        )
        for cost in ("EXPENSE", "STRAIGHT_LINE", "CONSUMPTION")
    ]  # fmt: skip
