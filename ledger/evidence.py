"""Answers which journal entries stand behind an event: those that posted what it drew and moved (S73).

Usage is posted per pool, date and kind (`ledger/posting.py`); an entry's source names how far it went:
`usage:<pool>:<position>:<move>:<date>:<type>:<class>:<promo policy>`. The entry behind a draw is the
first one of its kind that went past it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ledger.models import Block, Drain, JournalEntry, Move, Segment, UsageEvent

_POSITION, _MOVE = 2, 3


@dataclass(frozen=True)
class _Trace:
    """What one draw leaves in the journal: which mark has to pass where, and the kind of entry."""

    mark: int
    passes: int
    on: date
    kind: str


def entries(event: UsageEvent) -> list[JournalEntry]:
    """The entries that hold the event's draws and corrections, with their lines; oldest first.

    Empty while its usage waits to be posted. An entry sums up the whole pool's usage of a day.
    """
    if event.pool_id is None:
        return []
    found: dict[int, JournalEntry] = {}
    for trace in {*_on_the_line(event), *_moved(event)}:
        entry = _first_past(event, trace)
        if entry is not None:
            found[entry.pk] = entry
    return [found[key] for key in sorted(found)]


def _on_the_line(event: UsageEvent) -> list[_Trace]:
    """The event's part of its pool's line, cut by the blocks that paid for it."""
    if event.pos is None or not event.credits:
        return []
    where = {"customer_id": event.customer_id, "pool_id": event.pool_id, "line": event.line}
    drain = Drain.objects.filter(**where, pos__lte=event.pos).order_by("-pos").first()
    if drain is None:
        return []
    segments = Segment.objects.filter(
        **where,
        layout_no=drain.layout_no,
        pos__lt=event.pos + event.credits,
        pos_end__gt=event.pos,
    )
    blocks = list(segments.values_list("block_id", flat=True))
    return [
        _Trace(_POSITION, event.pos + event.credits, drain.posting_date, kind)
        for kind in _kinds(event, drain.revenue_class, blocks)
    ]


def _kinds(event: UsageEvent, revenue_class: str, blocks: list[int | None]) -> list[str]:
    policies = dict(
        Block.objects.filter(
            customer_id=event.customer_id, id__in=[block for block in blocks if block is not None]
        ).values_list("id", "promo_policy")
    )
    return [
        _kind(Move.Type.OVERAGE, revenue_class, None)
        if block is None
        else _kind(Move.Type.CONSUME, revenue_class, policies[block])
        for block in blocks
    ]


def _moved(event: UsageEvent) -> list[_Trace]:
    """What was drawn or given back by moves: late use, corrections."""
    moves = Move.objects.filter(customer_id=event.customer_id, event_id=event.id)
    policies = dict(
        Block.objects.filter(
            customer_id=event.customer_id, id__in=moves.values("block_id")
        ).values_list("id", "promo_policy")
    )
    return [
        _Trace(
            _MOVE,
            move.seq,
            move.posting_date,
            _kind(move.type, move.revenue_class, policies.get(move.block_id)),
        )
        for move in moves
    ]


def _kind(type_: str, revenue_class: str, promo_policy: str | None) -> str:
    return f"{type_}:{revenue_class}:{promo_policy}"


def _first_past(event: UsageEvent, trace: _Trace) -> JournalEntry | None:
    posted = JournalEntry.objects.filter(
        customer_id=event.customer_id,
        source__startswith=f"usage:{event.pool_id}:",
        source__endswith=f":{trace.on}:{trace.kind}",
    ).prefetch_related("lines__account")
    past = [e for e in posted if int(e.source.split(":")[trace.mark]) >= trace.passes]
    return min(past, key=lambda entry: int(entry.source.split(":")[trace.mark]), default=None)
