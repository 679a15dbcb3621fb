"""Answers with every movement of a customer's credits as CSV, with running balances (S61)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts import access
from creditops.lib import money
from creditops.portal import blocks
from creditops.portal.visitor import Visitor
from ledger import balances, movements
from ledger.balances import BlockBalance
from ledger.models import Pool, PoolTerm
from ledger.movements import Movement

# Spreadsheets run a cell that begins with one of these as a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_HEAD = ("Recorded", "At", "Contract", "Unit", "Movement", "Block", "Credits", "Balance")
_VALUE_HEAD = ("Value", "Currency")


def csv_of(visitor: Visitor, at: datetime) -> str:
    """The statement: oldest first, times in the customer's zone, values for those who see them.

    A balance counts credits in blocks; overage is used beyond them and leaves it as it is.
    """
    pools = list(
        access.visible_to(visitor.person, Pool.objects.all())
        .filter(customer=visitor.customer)
        .select_related("unit", "holder", "customer")
    )
    known = {
        block.id: block
        for balance in balances.of_pools(pools, as_of=at, known_at=at)
        for block in balance.blocks
    }
    # Overage belongs to no block: its value is in the currency of the contract's commitment.
    currencies = dict(
        PoolTerm.objects.filter(customer_id=visitor.customer.pk).values_list("pool_id", "currency")
    )
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow([*_HEAD, *(_VALUE_HEAD if visitor.sees_values else ())])
    running = dict.fromkeys((pool.id for pool in pools), 0)
    by_id = {pool.id: pool for pool in pools}
    for movement in movements.of_pools(pools):
        if movement.block_id is not None:
            running[movement.pool_id] += movement.credits
        pool, block = by_id[movement.pool_id], known.get(movement.block_id or 0)
        cells = _cells(movement, pool, block, running[pool.id], visitor.customer.time_zone)
        currency = block.currency if block else currencies.get(pool.id, "")
        rows.writerow([*cells, *(_value(movement, currency) if visitor.sees_values else ())])
    return written.getvalue()


def safe(text: str) -> str:
    """Text for a cell, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def _cells(
    movement: Movement, pool: Pool, block: BlockBalance | None, balance: int, zone: str
) -> Sequence[str | int]:
    local = ZoneInfo(zone)
    return (
        movement.recorded_at.astimezone(local).isoformat(timespec="seconds"),
        movement.at.astimezone(local).isoformat(timespec="seconds"),
        safe(pool.holder.code),
        safe(pool.unit.name),
        movement.type.replace("_", " ").lower(),
        blocks.label(block.kind, block.source, pool.holder.kind) if block else "",
        movement.credits,
        balance,
    )


def _value(movement: Movement, currency: str) -> Sequence[str]:
    if movement.value is None:
        return ("", "")
    return (money.text(movement.value, currency), currency)
