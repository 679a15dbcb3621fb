"""Does the giving of free credits: promotional, bonus and daily blocks (V8, L2, L15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction

from contracts import prices, terms_of_sale
from creditops.lib import money
from creditops.lib.refusals import Refusal
from ledger import balances, books, daily_credits, grants, holders, units
from ledger.grants import Grant, Revoked
from ledger.models import Block, BlockLayer, Holder, Term

FREE_KINDS = (Block.Kind.PROMO, Block.Kind.BONUS, Block.Kind.COMPENSATION)
# How the use of free credits is accounted for: not at all, as marketing at standard cost, as revenue and
# its reduction at list price, or by spreading what paid credits still defer over them too.
ZERO_COST, MARKETING_EXPENSE = "ZERO_COST", "MARKETING_EXPENSE"
CONTRA_REVENUE, RESPREAD = "CONTRA_REVENUE", grants.RESPREAD
PROMO_POLICIES = (ZERO_COST, MARKETING_EXPENSE, CONTRA_REVENUE, RESPREAD)
# The kinds that have such a policy; a bonus is part of what was bought (V5).
ACCOUNTED_KINDS = (Block.Kind.PROMO, Block.Kind.COMPENSATION)


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
    promo_policy: str = ZERO_COST,
    list_price_per_credit: str | None = None,
    standard_cost_per_credit: str | None = None,
    meters: Sequence[str] = (),
) -> Block:
    """Give a block that costs nothing.

    Args:
        holder: a contract's, or the customer's open one.
        kind: promo, bonus or compensation.
        source: the act behind it; the same source gives once.
        expires_at: None: the end of the term, without a contract by the policy `validity`.
        promo_policy: how its use is accounted for, fixed here for good (V8); of a bonus nothing is.
        list_price_per_credit: for CONTRA_REVENUE, decimal text in the books' currency; None: the price
            list's in force.
        standard_cost_per_credit: for MARKETING_EXPENSE, in the same way; it has to be given.
        meters: codes of the only meters that it pays for; none: it pays for all (L3, L4).

    Raises NotFound for a meter, Refusal `kind_not_free`, `promo_policy_unknown`, `promo_policy_unfit`,
    `promo_value_missing`, `promo_value_negative`, or what a grant is refused with.
    """
    if kind not in FREE_KINDS:
        raise Refusal("kind_not_free", f"Credits of kind {kind!r} are not free: they are bought.")
    _check_policy(promo_policy, kind)
    value = _value(promo_policy, list_price_per_credit, standard_cost_per_credit, at)
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
        promo_policy=promo_policy if kind in ACCOUNTED_KINDS else "",
        promo_minor=None if value is None else value.numerator,
        promo_credits=None if value is None else value.denominator,
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


def take_back(
    block: Block, *, credits: int | None = None, by: str, reason: str, at: datetime
) -> Revoked:
    """Make free credits void: what is left of the block, or some of it (L1, V13).

    Args:
        credits: how many; None: all that is left.

    Raises Refusal `credits_were_paid` for credits that carry money, which a credit note takes back;
    `reason_missing`, `nothing_to_take_back`, or what `grants.revoke` is refused with.
    """
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands with what is taken back.")
    layers = BlockLayer.objects.filter(customer_id=block.customer_id, block=block)
    newest = layers.select_related("layer").order_by("-no").first()
    if newest is not None and newest.layer.cost_minor:
        raise Refusal(
            "credits_were_paid",
            "Money was paid for these credits. A credit note for their invoice takes them back.",
        )
    with transaction.atomic():
        left = grants.rests([block], at=at)[block.id].left if credits is None else credits
        if left <= 0:
            raise Refusal("nothing_to_take_back", "Nothing is left of these credits.")
        return grants.revoke(block, credits=left, by=by, reason=f"void: {reason}", at=at)


def _check_policy(promo_policy: str, kind: str) -> None:
    if promo_policy not in PROMO_POLICIES:
        raise Refusal(
            "promo_policy_unknown",
            f"{promo_policy!r} is no accounting policy for free credits. "
            f"Choose from {', '.join(PROMO_POLICIES)}.",
        )
    if promo_policy != ZERO_COST and kind not in ACCOUNTED_KINDS:
        raise Refusal(
            "promo_policy_unfit",
            f"{promo_policy} is for promotional and compensation credits, not for {kind} ones: they "
            "are part of what was bought.",
        )


def _value(
    promo_policy: str, list_price: str | None, standard_cost: str | None, at: datetime
) -> Fraction | None:
    """What one credit counts for when it is used, in minor units of the books' currency, exact."""
    if promo_policy not in (CONTRA_REVENUE, MARKETING_EXPENSE):
        return None
    currency = books.current(at).currency
    given = standard_cost if promo_policy == MARKETING_EXPENSE else list_price
    value = None if given is None else money.decimal(given)
    if value is None and promo_policy == CONTRA_REVENUE:
        price = prices.in_force(currency, at)
        value = None if price is None else Fraction(1, price.credits_per_currency_unit)
    if value is None:
        what = "standard cost" if promo_policy == MARKETING_EXPENSE else "list price"
        raise Refusal(
            "promo_value_missing", f"Say the {what} of one credit in {currency}: {promo_policy} "
            "values the free credits that are used by it.",
        )  # fmt: skip
    if value < 0:
        raise Refusal("promo_value_negative", "The value of a credit can't be below zero.")
    minor: Fraction = value * 10 ** money.exponent(currency)
    return minor


def _running_term(holder: Holder, at: datetime) -> Term | None:
    running = balances.running_terms(holder.customer_id, [holder.id], at)
    found = running.get(holder.id)
    return None if found is None else Term.objects.get(customer_id=holder.customer_id, id=found)
