"""Answers what was used of paid credits in a stretch of time, and what it was worth (M4, C3, C5).

Overage counts at its term's price; breakage and credits that nobody paid for do not. Use counts by the
time of its event, as known at an instant, so that a figure of the past can be told again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from creditops.lib import sql
from ledger.models import Holder


@dataclass(frozen=True)
class Window:
    """What is asked: the use of a holder's credits in `[first, last)`, as known at `known_at`.

    Only what was paid in `currency` counts.
    """

    holder: Holder
    currency: str
    first: datetime
    last: datetime
    known_at: datetime


@dataclass(frozen=True)
class Used:
    """Credits used of one block, or as overage (block None), and their value in minor units."""

    block_id: int | None
    credits: int
    value_minor: int
    value_functional_minor: int


def in_windows(windows: Sequence[Window]) -> list[list[Used]]:
    """What was used in each window, per block, overage last. One query for all of them."""
    found: list[list[Used]] = [[] for _ in windows]
    if not windows:
        return found
    for n, *used in sql.rows(
        "ledger",
        "consumed_value",
        numbers=list(range(len(windows))),
        customers=[window.holder.customer_id for window in windows],
        holders=[window.holder.id for window in windows],
        currencies=[window.currency for window in windows],
        firsts=[window.first for window in windows],
        lasts=[window.last for window in windows],
        known=[window.known_at for window in windows],
    ):
        found[n].append(Used(*used))
    return found


def totals(windows: Sequence[Window]) -> list[int]:
    """What the use in each window was worth altogether, in minor units of the window's currency."""
    return [sum(used.value_minor for used in parts) for parts in in_windows(windows)]
