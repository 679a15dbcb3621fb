"""Does the intake of usage: messages in, each stored, judged, rated and drawn in one transaction.

Nothing is dropped and nothing counted twice: received = applied + recorded + duplicates + conflicts
+ refused + held + exceptions (S65). A batch may hold many customers and is one transaction; what
another batch stored meanwhile makes it start again. What is due for these customers comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from creditops.lib import calendar, sql
from creditops.lib.refusals import Refusal
from ledger import (
    books,
    caps,
    closed_terms,
    hold_ends,
    holders,
    messages,
    pool_books,
    provider_costs,
    punctuality,
    repetition,
    resolving,
    usage_rows,
)
from ledger import thresholds as noticing
from ledger.drawdown import Drawing
from ledger.limits import HolderKey
from ledger.line import Line
from ledger.messages import LARGEST_BATCH, Message, Outcome, Receipt
from ledger.models import CreditUnit, EventBatch, Hold, Holder
from ledger.periods import Months
from ledger.repetition import Known
from ledger.resolving import Event
from ledger.seats import Seat, Seats, seat_of

# Another batch with the same event can win the race this often before we give up.
_ATTEMPTS = 5


def accept(
    batch: Sequence[Message],
    *,
    at: datetime,
    origin: str,
    admitted: bool = False,
    hold: Hold | None = None,
) -> Receipt:
    """Take in a batch of usage messages.

    Args:
        batch: at most `LARGEST_BATCH` messages, in the order in which they came.
        at: when they were received; eligibility follows each event's own time (T8).
        origin: who sent them, for the record: `key:<name>`, `import:<file>`.
        admitted: a person lets these exceptions in: lateness is no reason any more, they are drawn
            beside the line (L8), and what still can't be placed is left as it was.
        hold: the batch is one message that captures it: the hold gives its credits back first, and
            what was admitted with it is not refused now (L19). Whoever calls records its end.

    Returns a receipt with one outcome per message. Raises Refusal `batch_empty` or
    `batch_too_large`, or what `hold_ends.give_back` is refused with; a message is never a refusal of
    the whole.
    """
    if not batch:
        raise Refusal("batch_empty", "There is no event in the batch.", unreadable=True)
    if len(batch) > LARGEST_BATCH:
        raise Refusal(
            "batch_too_large",
            f"{len(batch):,} events are too many at once. Send at most {LARGEST_BATCH:,}.",
        )
    waiting = punctuality.catch_up(batch, at)
    for _ in range(_ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return _accept(batch, at, origin, admitted, waiting, hold)
        except IntegrityError as error:
            if "ledger_usage" not in str(error):
                raise
    with transaction.atomic():
        return _accept(batch, at, origin, admitted, waiting, hold)


def _accept(
    batch: Sequence[Message],
    at: datetime,
    origin: str,
    admitted: bool,
    waiting: Mapping[int, datetime],
    hold: Hold | None,
) -> Receipt:
    batch_id = sql.rows("ledger", "next_batch_id")[0][0]
    sources = repetition.source_ids({message.source for message in batch})
    events = resolving.resolve(batch, at, admitted=admitted, waiting=waiting)
    zone = books.current(at).time_zone
    placeable = [event for event in events if not event.status and event.charges]
    months = Months(
        {calendar.local_date(event.time, zone) for event in placeable},
        received_on=calendar.local_date(at, zone),
    )
    pools = _pools(placeable, at)
    lines = pool_books.lock(((customer, pool) for customer, _, _, pool in pools), at)
    known = repetition.mark(events, sources, admitted=admitted)
    if hold is not None and not events[0].status:
        hold_ends.give_back(hold, lines, at)
        events[0].captured = events[0].late = True
    seats = Seats(at)
    drawings = _draw(events, pools, lines, seats, months, zone, batch_id, at, admitted)
    stored = [e for e in events if not (admitted and e.status == messages.EXCEPTION)]
    if stored:
        EventBatch.objects.create(id=batch_id, received_at=at, origin=origin, received=len(stored))
    _write(stored, drawings, lines, pools, sources, batch_id, at)
    seats.write()
    outcomes = [_outcome(e, k, batch_id) for e, k in zip(events, known, strict=True)]
    return Receipt(batch_id, at, outcomes, list(lines))


def _pools(events: Sequence[Event], at: datetime) -> list[tuple[int, int, int, int]]:
    """The pools that these events may draw from: (customer, holder, unit, pool), made if new."""
    wanted = {
        (e.holder.customer_id, e.holder.holder_id, charge.unit_id)
        for e in events
        if e.holder is not None
        for charge in e.charges
    }
    keys = sorted({(customer, holder) for customer, holder, _ in wanted})
    found = _find_pools(keys)
    missing = wanted - {(customer, holder, unit) for customer, holder, unit, _ in found}
    if missing:
        for customer, holder_id, unit_id in sorted(missing):
            holder = Holder.objects.get(customer_id=customer, id=holder_id)
            holders.pool(holder, CreditUnit.objects.get(id=unit_id), at)
        found = _find_pools(keys)
    return [row for row in found if row[:3] in wanted]


def _find_pools(keys: Sequence[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    rows = sql.rows(
        "ledger", "find_pools", customers=[c for c, _ in keys], holders=[h for _, h in keys]
    )
    return [(customer, holder, unit, pool) for customer, holder, unit, pool in rows]


def _draw(
    events: Sequence[Event],
    pools: Sequence[tuple[int, int, int, int]],
    lines: dict[tuple[int, int], Line],
    seats: Seats,
    months: Months,
    zone: str,
    batch_id: int,
    at: datetime,
    admitted: bool,
) -> list[Drawing]:
    """Draw what is new and placeable, holder by holder."""
    fresh: dict[HolderKey, list[Event]] = {}
    for event in events:
        if not event.status and event.holder is not None:
            fresh.setdefault(event.holder, []).append(event)
    sums = usage_rows.read_sums(
        (pool for _, _, _, pool in pools), (customer for customer, _, _, _ in pools)
    )
    seats.read(_seats_asked(fresh, pools, lines))
    drawings = []
    for holder, mine in fresh.items():
        own = [row for row in pools if row[1] == holder.holder_id]
        drawing = Drawing(
            holder=holder,
            lines={unit: lines[customer, pool] for customer, _, unit, pool in own},
            sums={
                (pool, item): total
                for _, _, _, pool in own
                for item, total in sums.get(pool, {}).items()
            },
            seats=seats,
            months=months,
            zone=zone,
            batch_id=batch_id,
            now=at,
            admitted=admitted,
        )
        drawing.draw(mine)
        drawings.append(drawing)
    return drawings


def _seats_asked(
    fresh: Mapping[HolderKey, Sequence[Event]],
    pools: Sequence[tuple[int, int, int, int]],
    lines: Mapping[tuple[int, int], Line],
) -> Iterator[tuple[Line, Seat]]:
    """The seats that these events may draw on, in pools that count them."""
    for holder, mine in fresh.items():
        own = [lines[row[0], row[3]] for row in pools if row[1] == holder.holder_id]
        counted = [line for line in own if line.seats_since is not None]
        for line in counted:
            for event in mine:
                if event.message.user:
                    yield line, seat_of(line, event.time, event.message.user, holder.time_zone)


def _write(
    events: Sequence[Event],
    drawings: Sequence[Drawing],
    lines: dict[tuple[int, int], Line],
    pools: Sequence[tuple[int, int, int, int]],
    sources: dict[str, int],
    batch_id: int,
    at: datetime,
) -> None:
    crossings = [crossing for drawing in drawings for crossing in drawing.crossings()]
    changed = [line for line in lines.values() if line.layouts or line.drains or line.moves]
    pool_books.save(changed, batch_id=batch_id, recorded_at=at)
    usage_rows.write(
        events,
        batch_id=batch_id,
        received_at=at,
        sources=sources,
        pools={(holder, unit): pool for _, holder, unit, pool in pools},
    )
    usage_rows.write_sums(
        (drawing.holder.customer_id, pool, item, total)
        for drawing in drawings
        for (pool, item), total in drawing.sums.items()
    )
    provider_costs.record(
        batch_id,
        [
            (drawing.holder.customer_id, *key, cost)
            for drawing in drawings
            for key, cost in drawing.provider_costs.items()
        ],
        at,
    )
    noticing.write(crossings)
    for drawing in drawings:
        closed_terms.announce(drawing.lines.values(), group=drawing.holder.customer_code, at=at)
        if drawing.capped:
            caps.ask_for_lift(drawing.holder, at=at)


def _outcome(event: Event, known: Known | None, batch_id: int) -> Outcome:
    outcome = Outcome(
        event.index, event.message.source, event.message.key, event.status, event.code
    )
    if event.status in (messages.APPLIED, messages.RECORDED, messages.REFUSED):
        unit = usage_rows.first_unit(event)
        outcome.credits = event.credits.get(unit, 0) if unit is not None else 0
        if event.holder is not None:
            outcome.uid = messages.uid(
                event.holder.customer_id, messages.event_id(batch_id, event.index)
            )
    elif known is not None:
        outcome.credits, outcome.uid = known.credits, known.uid
    return outcome
