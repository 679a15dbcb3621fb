"""Answers with the few figures that finance looks at first."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Sum

from creditops.lib.admin_columns import amount
from ledger import books, chart, posting, statements
from ledger.models import JournalLine, PoolState

Figures = list[tuple[str, str]]


def of_the_books(at: datetime) -> Figures:
    """What the vendor owes and is owed, as posted."""
    currency, lines = books.current(at).currency, JournalLine.objects.all()
    return [
        (
            "Deferred revenue",
            amount(-statements.balance(lines, [chart.DEFERRED_CREDITS]), currency),
        ),
        ("Unbilled overage", amount(statements.balance(lines, [chart.UNBILLED]), currency)),
        ("Open receivables", amount(statements.balance(lines, [chart.RECEIVABLES]), currency)),
    ]


def credits_outstanding() -> int:
    """Credits that can still be drawn, of all pools: what lies ahead on their lines."""
    ahead = PoolState.objects.filter(limit_pos__gt=F("consumed")).aggregate(
        credits=Sum(F("limit_pos") - F("consumed"))
    )
    return int(ahead["credits"] or 0)


def pools_to_post() -> int:
    """Pools with usage that is not in the journal yet."""
    return posting.waiting().count()
