"""Does the intake of usage: messages in, each stored, judged, rated and drawn in one transaction.

Nothing is dropped and nothing counted twice: received = applied + recorded + duplicates + conflicts
+ refused + held + exceptions (S65). A batch may hold many customers and is one transaction; what
another batch stored meanwhile makes it start again. What is due for these customers comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from creditops.lib import binary, calendar, collection
from creditops.lib.refusals import Refusal
from ledger import (
    books,
    both_ways,
    caps,
    closed_terms,
    columns,
    directory,
    drawdown,
    fast_lane,
    hold_ends,
    holders,
    locked_pools,
    messages,
    plain_repetition,
    plain_rows,
    plain_usage,
    pool_books,
    provider_costs,
    punctuality,
    recently_seen,
    remembered,
    repetition,
    resolving,
    usage_rows,
)
from ledger import thresholds as noticing
from ledger.columns import Columns
from ledger.fast_lane import Placed
from ledger.messages import LARGEST_BATCH, Message, Outcome, Receipt
from ledger.models import CreditUnit, Hold, Holder
from ledger.periods import Months
from ledger.plain_usage import Plain
from ledger.remembered import Memory
from ledger.repetition import Known
from ledger.resolving import Event

# Another batch with the same event can win the race this often before we give up.
_ATTEMPTS = 5


def accept(
    batch: Sequence[Message] | Columns,
    *,
    at: datetime,
    origin: str,
    admitted: bool = False,
    hold: Hold | None = None,
) -> Receipt:
    """Take in a batch of usage messages.

    Args:
        batch: at most `LARGEST_BATCH` messages, in the order in which they came; as columns, where
            there are many.
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
    if not isinstance(batch, Columns):
        batch = columns.of(batch)
    waiting = punctuality.catch_up(batch.named(), at)
    with collection.paused():
        return _accept_at_last(batch, at, origin, admitted, waiting, hold)


class _NotLookedUp(Exception):
    """Plain usage would be set aside that was not looked up: stored before, it is a repetition, and no unique
    key of what is set aside says so."""


def _accept_at_last(
    batch: Columns,
    at: datetime,
    origin: str,
    admitted: bool,
    waiting: Mapping[int, datetime],
    hold: Hold | None,
) -> Receipt:
    """Take a batch in, and once more if another one stored some of it meanwhile."""
    for again in range(_ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return _accept(batch, at, origin, admitted, waiting, hold, again > 0)
        except (IntegrityError, _NotLookedUp) as error:
            if isinstance(error, IntegrityError) and "ledger_usage" not in str(error):
                raise
            recently_seen.was_surprised()
    with transaction.atomic():
        return _accept(batch, at, origin, admitted, waiting, hold, True)


def _accept(
    batch: Columns,
    at: datetime,
    origin: str,
    admitted: bool,
    waiting: Mapping[int, datetime],
    hold: Hold | None,
    again: bool,
) -> Receipt:
    batch_id = binary.rows("ledger", "next_batch_id")[0][0]
    memory = remembered.memory()
    sources = repetition.source_ids(set(batch.source), memory)
    # What a person lets in, or a hold captures, is never plain.
    known = directory.of(batch, memory)
    plain = plain_usage.find(batch, known, at, waiting, unless=admitted or hold is not None)
    events = resolving.resolve(plain.others(), known, at, admitted=admitted, waiting=waiting)
    zone = books.current(at).time_zone
    placeable = [event for event in events if not event.status and event.charges]
    months = Months(
        {calendar.local_date(event.time, zone) for event in placeable}
        | fast_lane.dates(plain, zone),
        received_on=calendar.local_date(at, zone),
    )
    pools = {*_pools(placeable, at), *fast_lane.pools(plain)}
    keys: list[plain_repetition.Keys] = []
    lines = locked_pools.lock(
        ((row[0], row[3]) for row in pools),
        at,
        lambda: keys.append(plain_repetition.keys_of(plain, [e.message.key for e in events])),
    )
    looked_up = again or not recently_seen.trusted()
    plain, events, stored_already = _tell_new(plain, keys[0], events, sources, admitted, again)
    if hold is not None and not events[0].status:
        hold_ends.give_back(hold, lines, at)
        events[0].captured = events[0].late = True
    drawing = both_ways.Batch(lines, pools, months, zone, batch_id, at, memory, admitted)
    placed, single = drawing.draw(plain, events)
    if not looked_up and any(event.status == messages.EXCEPTION for event in single):
        raise _NotLookedUp
    events = sorted([*events, *single], key=_index)
    stored = [e for e in events if not (admitted and e.status == messages.EXCEPTION)]
    refused = _refused(placed, batch_id)
    received = len(stored) + len(placed.plain) + len(refused)
    _write(stored, placed, drawing, sources, memory)
    if received:
        binary.run(
            "ledger", "save_batch", id=batch_id, received_at=at, origin=origin, received=received
        )
    drawing.seats.write(memory)
    outcomes = [_outcome(e, stored_already.get(e.index), batch_id) for e in events]
    outcomes += refused
    return Receipt(batch_id, at, outcomes, list(lines), placed.drawn(batch_id))


def _tell_new(
    plain: Plain,
    keys: plain_repetition.Keys,
    events: list[Event],
    sources: dict[str, int],
    admitted: bool,
    again: bool,
) -> tuple[Plain, list[Event], dict[int, Known | None]]:
    """Tell repetitions from what is new, with the pools locked.

    `again`: a try before this one was refused for something that is stored.

    Returns the plain events that are new, the others with their statuses, and what is stored already,
    by place in the batch.
    """
    maybe = plain_repetition.maybe_repeated(plain, keys, sources, look_all_up=again)
    twice = plain.events(maybe)
    judged = sorted([*events, *twice], key=_index)
    stored = repetition.mark(judged, sources, admitted=admitted)
    known = {event.index: found for event, found in zip(judged, stored, strict=True)}
    maybe[maybe] = [bool(event.status) for event in twice]
    repeats = (event for event in twice if event.status)
    return plain.only(~maybe), sorted([*events, *repeats], key=_index), known


def _index(event: Event) -> int:
    return event.index


def _pools(events: Sequence[Event], at: datetime) -> list[tuple[int, int, int, int]]:
    """The pools that these events may draw from: (customer, holder, unit, pool), made if new."""
    wanted = {
        (e.holder.customer_id, e.holder.holder_id, charge.unit_id)
        for e in events
        if e.holder is not None
        for charge in e.charges
    }
    if not wanted:
        return []
    keys = sorted({(customer, holder) for customer, holder, _ in wanted})
    found = pool_books.find(keys)
    missing = wanted - {(customer, holder, unit) for customer, holder, unit, _ in found}
    if missing:
        for customer, holder_id, unit_id in sorted(missing):
            holder = Holder.objects.get(customer_id=customer, id=holder_id)
            holders.pool(holder, CreditUnit.objects.get(id=unit_id), at)
        found = pool_books.find(keys)
    return [row for row in found if row[:3] in wanted]


def _write(
    events: Sequence[Event],
    placed: Placed,
    batch: both_ways.Batch,
    sources: dict[str, int],
    memory: Memory,
) -> None:
    drawings, at = list(batch.drawings.values()), batch.at
    crossings = drawdown.crossings(drawings, at)
    pools = batch.lines
    changed = [line for line in pools.made if line.touched]
    pool_books.save_books(changed, batch_id=batch.id, recorded_at=at)
    plain_rows.write_drains(placed, pools, batch.id)
    with binary.unanswered():
        pool_books.save_states(changed, at)
        written = pools.flags((line.customer_id, line.pool_id) for line in changed)
        pools.advance(placed.pools[~written[placed.pools]], at)
        parts = plain_rows.ready(placed, batch.id, sources)
    plain_rows.write(parts)
    usage_rows.write(
        events,
        batch_id=batch.id,
        received_at=at,
        sources=sources,
        pools={
            (drawing.holder.holder_id, unit): line.pool_id
            for drawing in drawings
            for unit, line in drawing.lines.items()
        },
        memory=memory,
    )
    usage_rows.write_sums(
        (drawing.holder.customer_id, pool, item, total)
        for drawing in drawings
        for (pool, item), total in drawing.sums.items()
    )
    provider_costs.record(
        batch.id,
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


def _refused(placed: Placed, batch_id: int) -> list[Outcome]:
    """The outcomes of plain events that were refused by the column."""
    return [
        Outcome(
            index, plain.batch.source[index], plain.batch.key[index], messages.REFUSED, code, cost,
            messages.uid(customer, messages.event_id(batch_id, index)),
        )
        for code, plain in placed.refusals
        for index, customer, cost in zip(
            plain.index.tolist(), plain.customer.tolist(), plain.credits.tolist(), strict=True
        )
    ]  # fmt: skip


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
