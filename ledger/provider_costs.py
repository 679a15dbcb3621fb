"""Does provider costs: what is passed on at zero markup is recorded as drawn, and posted (S15, V14).

Costs are exact; the cumulative cost of a pool is rounded, and a posting is the difference of two such
roundings, so that however calls are cut into batches and days the postings add up (M4, JE-20).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction

from django.db import transaction

from creditops.lib import money, sql
from ledger import books, chart, pool_books
from ledger.journal import Posting
from ledger.journal import post as post_entry
from ledger.models import BookSettings, Pool, PostedCost, ProviderCost
from ledger.periods import Months

# Quantities and costs have at most 18 digits before the point and 12 behind it: their products fit.
_WIDE = Context(prec=90)
_FINEST = Decimal("1E-24")

# (customer id, pool id, item, posting date, exact cost in the books' currency)
Cost = tuple[int, int, str, date, Fraction]


def record(batch_id: int, costs: Sequence[Cost], at: datetime) -> None:
    """Write what providers charge for what a batch drew, under the pools' locks."""
    ProviderCost.objects.bulk_create(
        ProviderCost(
            customer_id=customer,
            pool_id=pool,
            batch_id=batch_id,
            item=item,
            posting_date=on,
            cost=_decimal(cost),
            recorded_at=at,
        )
        for customer, pool, item, on, cost in costs
    )


def post(at: datetime) -> int:
    """Post every cost that waits, 5000 / 2010. Returns the number of entries."""
    entries = 0
    for customer_id, pool_id in sql.rows("ledger", "costs_to_post"):
        with transaction.atomic():
            entries += _post_pool(customer_id, pool_id, at)
    return entries


def _post_pool(customer_id: int, pool_id: int, at: datetime) -> int:
    current = books.current(at)
    months = Months.every_open(received_on=books.date_of(at, current))
    pool_books.lock([(customer_id, pool_id)], at)
    mark, _ = PostedCost.objects.get_or_create(customer_id=customer_id, pool_id=pool_id)
    rows = ProviderCost.objects.filter(
        customer_id=customer_id, pool_id=pool_id, id__gt=mark.last_id
    ).order_by("id")
    scale = 10 ** money.exponent(current.currency)
    total, by_date = Fraction(mark.cost), dict[date, int]()
    for row in rows:
        before, total = total, total + Fraction(row.cost)
        rounded = money.rounded(total * scale, current.rounding) - money.rounded(
            before * scale, current.rounding
        )
        on = months.posting_date(row.posting_date)
        by_date[on] = by_date.get(on, 0) + rounded
        mark.last_id = row.id
    pool = Pool.objects.select_related("holder").get(customer_id=customer_id, id=pool_id)
    made = [_post(pool, on, minor, mark, current, at) for on, minor in sorted(by_date.items())]
    mark.cost = _decimal(total)
    mark.save()
    return sum(made)


def _decimal(cost: Fraction) -> Decimal:
    """The same as a decimal. What is drawn is a sum of products of two decimals, so nothing is cut off;
    a correction's share of it is told to the 24th decimal where a credit's value has no end."""
    found = _WIDE.divide(Decimal(cost.numerator), Decimal(cost.denominator))
    rounded = found.quantize(_FINEST, context=_WIDE)
    return found if found == rounded else rounded


def _post(
    pool: Pool, on: date, minor: int, mark: PostedCost, current: BookSettings, at: datetime
) -> int:
    posting = Posting(
        on=on,
        recipe="JE-20",
        memo=f"Provider cost of {pool.holder.code}",
        source=f"provider-cost:{pool.customer_id}:{pool.id}:{mark.last_id}:{on}",
        customer_id=pool.customer_id,
        holder=pool.holder,
    )
    entry = post_entry(
        posting,
        debit={chart.COST_OF_REVENUE: minor},
        credit={chart.PAYABLES: minor},
        currency=current.currency,
        at=at,
    )
    return 0 if entry is None else 1
