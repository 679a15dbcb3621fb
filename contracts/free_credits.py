"""Does the giving of free credits: promotional, bonus and daily blocks (V8, L2, L15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from contracts import terms_of_sale
from creditops.lib.refusals import Refusal
from ledger import balances, daily_credits, grants, holders, units
from ledger.grants import Grant
from ledger.models import Block, Holder, Term

FREE_KINDS = (Block.Kind.PROMO, Block.Kind.BONUS, Block.Kind.COMPENSATION)
PROMO_POLICIES = ("ZERO_COST",)


def give(
    holder: Holder,
    *,
    kind: str,
    credits: int,
    source: str,
    by: str,
    reason: str,
    at: datetime,
    unit: str = units.CREDITS,
    expires_at: datetime | None = None,
    promo_policy: str = "ZERO_COST",
    meters: Sequence[str] = (),
) -> Block:
    """Give a block that costs nothing.

    Args:
        holder: a contract's, or the customer's open one.
        kind: promo, bonus or compensation.
        source: the act behind it; the same source gives once.
        expires_at: None: the end of the term, without a contract by the policy `validity`.
        promo_policy: how its use is accounted for, fixed here for good.
        meters: codes of the only meters that it pays for; none: it pays for all (L3, L4).

    Raises NotFound for a meter, Refusal `kind_not_free`, `promo_policy_unknown`, or what a grant is
    refused with.
    """
    if kind not in FREE_KINDS:
        raise Refusal("kind_not_free", f"Credits of kind {kind!r} are not free: they are bought.")
    if promo_policy not in PROMO_POLICIES:
        raise Refusal(
            "promo_policy_unknown",
            f"{promo_policy!r} is no accounting policy for free credits. "
            f"Choose from {', '.join(PROMO_POLICIES)}.",
        )
    term = _running_term(holder, at)
    end = expires_at or (
        term.ends_at if term is not None else terms_of_sale.end_of_credits(holder, at)
    )
    pool = holders.pool(holder, units.ensure(unit), at)
    wanted = Grant(
        kind=kind,
        credits=credits,
        source=source,
        effective_at=at,
        expires_at=end,
        term=term,
        meters=[units.find_meter(code).id for code in meters] or None,
        promo_policy=promo_policy if kind == Block.Kind.PROMO else "",
        by=by,
        reason=reason,
    )
    return grants.issue(pool, [wanted], at=at)[0]


def give_daily(
    holder: Holder,
    *,
    credits: int,
    source: str,
    by: str,
    reason: str,
    at: datetime,
    unit: str = units.CREDITS,
    last_day: date | None = None,
) -> Block:
    """Give credits for every local day, from the holder's day of `at` through `last_day` (S37, L15).

    Args:
        holder: a contract's, or the customer's open one; a contract's end with it.
        credits: of each day; what is left of them ends with the day.
        source: the act behind it; the same source gives once.
        last_day: None: for ever.

    Returns today's block. Raises Refusal as `ledger.daily_credits.start`.
    """
    pool = holders.pool(holder, units.ensure(unit), at)
    return daily_credits.start(
        pool, credits=credits, source=source, by=by, reason=reason, at=at, last_day=last_day
    )


def _running_term(holder: Holder, at: datetime) -> Term | None:
    running = balances.running_terms(holder.customer_id, [holder.id], at)
    found = running.get(holder.id)
    return None if found is None else Term.objects.get(customer_id=holder.customer_id, id=found)
