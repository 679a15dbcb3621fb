"""Answers which journal entries stand behind an event, and which draws and events behind an entry (S73).

Usage is posted per pool, date and kind (`ledger/posting.py`); an entry's source names how far it went:
`usage:<pool>:<position>:<move>:<date>:<type>:<class>:<promo policy>`, then `:earlier` where it was used in a
month before that of its date, and the term of overage in another currency. The position is that on the pool's
general line; after a plus sign stand the credits drawn on its lines of scopes, all together. The entry behind
a draw is the first one of its kind that went past it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import date, datetime

from django.db.models import F, Sum

from creditops.lib import sql
from ledger import books
from ledger.line import GENERAL
from ledger.models import Block, Drain, JournalEntry, Move, Segment, UsageEvent

_POSITION, _MOVE, _DAY = 2, 3, 4
_SCOPES = "+"
_EARLIER = "earlier"
# So many draws of an entry are shown, and so many events of them.
SHOWN = 100


@dataclass(frozen=True)
class Piece:
    """A draw behind an entry: of a block or of overage, with the delivery that brought it; or a move, with
    its event. Values in minor units of the books' currency."""

    type: str
    block_id: int | None
    source: str | None
    credits: int
    value_minor: int
    batch_id: int | None
    line: int | None
    pos: int | None
    pos_end: int | None
    event_id: int | None
    time_min: datetime


@dataclass(frozen=True)
class _Mark:
    """How far a pool's use is posted: on its general line, on its lines of scopes all together, and in its
    moves."""

    position: int = 0
    scopes: int = 0
    move: int = 0


@dataclass(frozen=True)
class _Trace:
    """What one draw leaves in the journal: which mark has to pass where, the others are 0, and the kind of
    entry."""

    passes: _Mark
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
    end = event.pos + event.credits
    passes = _Mark(position=end) if event.line == GENERAL else _Mark(scopes=_drawn_on_scopes(drain))
    return [
        _Trace(
            passes,
            drain.posting_date,
            _of_month(kind, drain.time_min, drain.posting_date, drain.recorded_at),
        )
        for kind in _kinds(event, drain.revenue_class, blocks)
    ]


def _drawn_on_scopes(drain: Drain) -> int:
    """The credits drawn on all lines of scopes of a drain's pool with it: drains are numbered in the order in
    which the pool was drawn from."""
    drawn = Drain.objects.filter(
        customer_id=drain.customer_id, pool_id=drain.pool_id, line__gt=GENERAL, id__lte=drain.pk
    ).aggregate(credits=Sum(F("pos_end") - F("pos")))
    return int(drawn["credits"])


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
            _Mark(move=move.seq),
            move.posting_date,
            _of_month(
                _kind(move.type, move.revenue_class, policies.get(move.block_id)),
                move.effective_at,
                move.posting_date,
                move.recorded_at,
            ),
        )
        for move in moves
    ]


def _kind(type_: str, revenue_class: str, promo_policy: str | None) -> str:
    return f"{type_}:{revenue_class}:{promo_policy}"


def _of_month(kind: str, used_at: datetime, on: date, at: datetime) -> str:
    """A kind, told apart where the use was in a month before that of its posting date."""
    used_on = books.date_of(used_at, books.current(at))
    earlier = (used_on.year, used_on.month) < (on.year, on.month)
    return f"{kind}:{_EARLIER}" if earlier else kind


def pieces(entry: JournalEntry) -> list[Piece]:
    """The draws behind an entry of usage, the first `SHOWN`; empty for what was not posted from usage."""
    said = entry.source.split(":")
    if said[0] != "usage" or entry.customer_id is None:
        return []
    pool, mark = int(said[1]), _mark(entry.source)
    marks = [
        _mark(source)
        for source in JournalEntry.objects.filter(
            customer_id=entry.customer_id, source__startswith=f"usage:{pool}:", id__lt=entry.pk
        ).values_list("source", flat=True)
    ]
    last = max((m for m in marks if m != mark), default=_Mark(), key=lambda m: astuple(m))
    rows = sql.rows(
        "ledger", "entry_pieces", customer=entry.customer_id, pool=pool, on=entry.posting_date,
        from_pos=last.position, to_pos=mark.position, from_scopes=last.scopes, to_scopes=mark.scopes,
        from_seq=last.move, to_seq=mark.move, type=said[5],
        revenue_class=said[6], policy=said[7], earlier=_EARLIER in said,
        zone=books.current(entry.recorded_at).time_zone, most=SHOWN,
    )  # fmt: skip
    return [Piece(*row) for row in rows]


def events(entry: JournalEntry) -> list[UsageEvent]:
    """The events behind an entry of usage, the first `SHOWN` of the draws that are shown."""
    found: dict[int, UsageEvent] = {}
    if entry.customer_id is None:
        return []
    for piece in pieces(entry):
        rows = UsageEvent.objects.filter(customer_id=entry.customer_id).select_related("meter")
        if piece.event_id is not None:
            rows = rows.filter(id=piece.event_id)
        elif piece.batch_id is not None:
            rows = rows.filter(
                id__gte=piece.batch_id << 16, id__lt=(piece.batch_id + 1) << 16,
                line=piece.line, pos__lt=piece.pos_end, pool_id=int(entry.source.split(":")[1]), pos__gte=0,
            )  # fmt: skip
        for event in rows.order_by("id")[: SHOWN - len(found)]:
            reaches = piece.pos is None or (event.pos or 0) + event.credits > piece.pos
            if reaches:
                found[event.id] = event
        if len(found) >= SHOWN:
            break
    return list(found.values())


def _first_past(event: UsageEvent, trace: _Trace) -> JournalEntry | None:
    posted = JournalEntry.objects.filter(
        customer_id=event.customer_id, source__startswith=f"usage:{event.pool_id}:"
    ).prefetch_related("lines__account")
    past = [
        entry
        for entry in posted.filter(source__contains=f":{trace.on}:{trace.kind}")
        if _said(entry.source) == f"{trace.on}:{trace.kind}"
        and _is_past(_mark(entry.source), trace.passes)
    ]
    return min(past, key=lambda entry: astuple(_mark(entry.source)), default=None)


def _mark(source: str) -> _Mark:
    """How far an entry's source says that its pool's use was posted."""
    words = source.split(":")
    position, _, scopes = words[_POSITION].partition(_SCOPES)
    return _Mark(int(position), int(scopes or 0), int(words[_MOVE]))


def _is_past(mark: _Mark, passes: _Mark) -> bool:
    return all(on >= at for on, at in zip(astuple(mark), astuple(passes), strict=True))


def _said(source: str) -> str:
    """The day and kind that an entry's source names, without the term of overage in other currencies."""
    words = source.split(":")[_DAY:]
    return ":".join(words[:4] + [word for word in words[4:] if word == _EARLIER])
