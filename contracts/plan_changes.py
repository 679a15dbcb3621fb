"""Answers which plan a subscription's use asks for: in the grace, and at a period's end (Q3, Q5, X22).

Use of a period is what was used of paid and bonus credits, carried over or not, and grace use; free
credits ask for no larger plan.
"""

from __future__ import annotations

from datetime import datetime

from contracts import plans, subscriptions, terms_of_sale
from contracts.models import PlanVersion, Subscription
from ledger import balances
from ledger.models import Term

UP_ONLY = "UP_ONLY"


def consumption(subscription: Subscription, term: Term, at: datetime) -> int:
    """Net credits used in a period that count for the choice of a plan, by event time (T8)."""
    used = balances.consumption(subscriptions.pool_of(subscription, at), term)
    kinds = terms_of_sale.baseline_kinds(subscription.holder, min(at, term.ends_at))
    return sum(used.get(kind, 0) for kind in kinds)


def upgrade(subscription: Subscription, term: Term, at: datetime) -> PlanVersion | None:
    """The smallest plan that covers the use of the period, if it is larger than the one it has (Q3) and may
    be sold to its customer (F2)."""
    used = consumption(subscription, term, at)
    found = plans.covering(used, subscription.currency, at)
    if found is None or found.credits <= subscription.version.credits:
        return None
    return found if subscriptions.may_go_on(subscription, found, at=at) else None


def next_version(subscription: Subscription, term: Term, at: datetime) -> PlanVersion:
    """The plan of the period that follows `term`, as its price is at `at`.

    The one chosen by hand, else the smallest paid plan that covers the use of the period, or the
    largest; with UP_ONLY never a smaller one. A free plan stays: it asks for no card. A plan that is not
    sold any more stays as long as its use fits.
    """
    if subscription.next_plan is not None:
        return plans.version_at(subscription.next_plan, at)
    current = plans.version_at(subscription.version.plan, at)
    offered = plans.paid(subscription.currency, at)
    if not current.price_minor or not offered:
        return current
    used = consumption(subscription, term, at)
    fitting = plans.covering(used, subscription.currency, at) or offered[-1]
    settings = terms_of_sale.in_force(subscription.holder, at)
    if fitting.credits <= current.credits and settings["auto_adjust"] == UP_ONLY:
        return current
    if fitting.credits == current.credits or (not current.plan.on_sale and used <= current.credits):
        return current
    return fitting if fitting.credits > current.credits or used <= current.credits else current
