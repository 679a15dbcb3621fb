"""Does the end of a hold under its pool's lock: its credits come back, once (L19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection

from creditops.lib.refusals import Refusal
from ledger.line import Line
from ledger.models import Hold, HoldEnd


def of(hold: Hold) -> HoldEnd | None:
    """How the hold ended, as far as that is recorded."""
    return HoldEnd.objects.filter(customer_id=hold.customer_id, hold_id=hold.id).first()


def of_many(holds: Sequence[Hold]) -> dict[int, HoldEnd]:
    """How holds of one customer ended, by hold id; one query."""
    if not holds:
        return {}
    rows = HoldEnd.objects.filter(
        customer_id=holds[0].customer_id, hold_id__in=[hold.id for hold in holds]
    )
    return {row.hold_id: row for row in rows}


def must_be_open(hold: Hold, now: datetime) -> None:
    """Raises Refusal `hold_ended` for a hold that is over at `now`, recorded or not."""
    ended = of(hold)
    if ended is not None or hold.expires_at <= now:
        how = HoldEnd.Act.LAPSE.label if ended is None else ended.get_act_display()
        raise Refusal(
            "hold_ended",
            f"Hold {hold.code!r} was {how} already. Report the usage as an event of its own.",
        )


def give_back(hold: Hold, lines: Mapping[tuple[int, int], Line], now: datetime) -> None:
    """Take the hold's credits out of what its pool holds; whoever calls records the end.

    Args:
        hold: as stored.
        lines: locked at `now`; all that is drawn from, so for a capture the hold's line alone.

    Raises Refusal `hold_ended`, or `hold_of_another_unit` where other lines are drawn from too.
    """
    must_be_open(hold, now)
    if list(lines) != [(hold.customer_id, hold.pool_id)]:
        raise Refusal(
            "hold_of_another_unit",
            f"Hold {hold.code!r} sets aside credits of one unit; this would draw others.",
        )
    line = lines[hold.customer_id, hold.pool_id]
    line.held -= hold.credits
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_poolstate SET held = held - %s, current_from = greatest(current_from, %s)"
            " WHERE customer_id = %s AND pool_id = %s",
            [hold.credits, now, hold.customer_id, hold.pool_id],
        )
