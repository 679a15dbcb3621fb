"""Answers what is wrong with the books as they stand, from the rows and in plain Python.

The house checks itself after every test of the ledger. `ledger/verification.py` proves the same in
SQL; this is the second opinion, so it shares nothing with it.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

from ledger.models import (
    Block,
    BlockState,
    Drain,
    JournalEntry,
    JournalLine,
    Layout,
    Move,
    PoolState,
    ScopeLine,
    Segment,
    UsageEvent,
    UsagePart,
)

USED, EXPIRED, VOIDED = "used", "expired", "voided"
COLUMN = {"CONSUME": USED, "EXPIRE": EXPIRED, "REVOKE": VOIDED}


def faults() -> list[str]:
    """Every fault, as a sentence; [] if the books are sound."""
    found = _entries()
    for state in PoolState.objects.order_by("pool_id"):
        counters = {0: state.consumed} | dict(
            ScopeLine.objects.filter(pool_id=state.pool_id).values_list("line", "consumed")
        )
        layouts = list(Layout.objects.filter(pool_id=state.pool_id).order_by("line", "no"))
        moves = list(Move.objects.filter(pool_id=state.pool_id).order_by("seq"))
        found += [
            f"pool {state.pool_id}: {fault}"
            for fault in (
                *_chains(state, counters),
                *_moves(state, moves),
                *_generations(state, counters, layouts),
                *_blocks(state, counters, layouts, moves),
                *_totals(state, counters, layouts, moves),
            )
        ]
    return found


def _entries() -> list[str]:
    """Entries have lines, and debits are credits in every currency."""
    sides: dict[int, Counter[str]] = defaultdict(Counter)
    for line in JournalLine.objects.all():
        sides[line.entry_id][line.currency] += line.debit_minor - line.credit_minor
    return [
        f"entry {entry.pk} ({entry}) has no lines or does not balance"
        for entry in JournalEntry.objects.all()
        if entry.pk not in sides or any(sides[entry.pk].values())
    ]


def _ends(layouts: list[Layout]) -> dict[tuple[int, int], int]:
    """Where each layout but the newest of its line was left, by line and number."""
    pairs = itertools.pairwise(layouts)
    return {(a.line, a.no): b.start_pos for a, b in pairs if a.line == b.line}


def _totals(
    state: PoolState, counters: dict[int, int], layouts: list[Layout], moves: list[Move]
) -> list[str]:
    """What the pool's state says that its blocks come to is what their rows say."""
    parts = Counter({USED: 0, EXPIRED: 0, VOIDED: 0})
    ends = _ends(layouts)
    for segment in Segment.objects.filter(pool_id=state.pool_id, block_id__isnull=False):
        end = ends.get((segment.line, segment.layout_no), counters[segment.line])
        parts[USED] += max(0, min(segment.pos_end, end) - segment.pos)
    for move in moves:
        if move.block_id is not None:
            parts[COLUMN[move.type.removesuffix("_REVERSAL")]] += move.credits
    granted = sum(block.granted for block in Block.objects.filter(pool_id=state.pool_id))
    rows_say = [granted, parts[USED], parts[EXPIRED], parts[VOIDED]]
    kept = [state.granted, state.used, state.expired, state.voided]
    return [] if rows_say == kept else [f"its rows come to {rows_say}, its state says {kept}"]


def _chains(state: PoolState, counters: dict[int, int]) -> list[str]:
    """Drains, and the events on each line, follow each other from 0 to its counter."""
    drains = Drain.objects.filter(pool_id=state.pool_id)
    events = [
        *UsageEvent.objects.filter(pool_id=state.pool_id, pos__isnull=False),
        *UsagePart.objects.filter(pool_id=state.pool_id, pos__isnull=False),
    ]
    found = []
    if {drain.line for drain in drains} - set(counters):
        found.append("it has drains on lines that it does not have")
    for line, counter in counters.items():
        for what, intervals in (
            ("drains", [(drain.pos, drain.pos_end) for drain in drains if drain.line == line]),
            (
                "events",
                [(e.pos, e.pos + e.credits) for e in events if e.credits and e.line == line],
            ),
        ):
            starts = sorted(start for start, _ in intervals)
            ends = [0, *sorted(end for _, end in intervals)]
            if starts != ends[:-1] or ends[-1] != counter:
                found.append(
                    f"its {what} {intervals} on line {line} do not lead from 0 to {counter}"
                )
    return found


def _moves(state: PoolState, moves: list[Move]) -> list[str]:
    """Moves are numbered."""
    if [move.seq for move in moves] != list(range(1, state.move_seq + 1)):
        return [f"its moves are not 1 to {state.move_seq}"]
    return []


def _generations(state: PoolState, counters: dict[int, int], layouts: list[Layout]) -> list[str]:
    """Layouts of a line are numbered, start where it stood, and the newest knows every move; a scope's
    begin with any of the general ones."""
    found = []
    drains = list(Drain.objects.filter(pool_id=state.pool_id))
    for line, counter in counters.items():
        own = {layout.no: layout for layout in layouts if layout.line == line}
        first = min(own, default=1) if line else 1
        if list(own) != list(range(first, state.layout_no + 1)) or (line and not own):
            found.append(f"the layouts of line {line} are not {first} to {state.layout_no}")
            continue
        starts = [layout.start_pos for layout in own.values()]
        known = [layout.move_seq for layout in own.values()]
        if starts != sorted(starts) or known != sorted(known):
            found.append(f"the layouts of line {line} go back")
        if own and (starts[-1] > counter or known[-1] != state.move_seq):
            found.append(f"the newest layout begins ahead of line {line}, or misses a move")
        ends = dict(zip(own, [*starts[1:], counter], strict=False))
        for drain in drains:
            if drain.line == line:
                start, end = own[drain.layout_no].start_pos, ends[drain.layout_no]
                if not start <= drain.pos < drain.pos_end <= end:
                    found.append(f"a drain at {drain.pos} lies outside layout {drain.layout_no}")
    return found


def _blocks(
    state: PoolState, counters: dict[int, int], layouts: list[Layout], moves: list[Move]
) -> list[str]:
    """granted = used + expired + voided + rest, none below 0; states are those of the newest layout."""
    settled: dict[int, Counter[str]] = defaultdict(Counter)
    running: Counter[int] = Counter()
    ends = _ends(layouts)
    for segment in Segment.objects.filter(pool_id=state.pool_id, block_id__isnull=False):
        end = ends.get((segment.line, segment.layout_no), counters[segment.line])
        taken = max(0, min(segment.pos_end, end) - segment.pos)
        if (segment.line, segment.layout_no) in ends:
            settled[segment.block_id][USED] += taken
        else:
            running[segment.block_id] += taken
    for move in moves:
        if move.block_id is not None:
            settled[move.block_id][COLUMN[move.type.removesuffix("_REVERSAL")]] += move.credits
    found = []
    states = {row.block_id: row for row in BlockState.objects.filter(pool_id=state.pool_id)}
    for block in Block.objects.filter(pool_id=state.pool_id):
        parts, row = settled[block.id], states[block.id]
        gone = [parts[column] for column in (USED, EXPIRED, VOIDED)]
        if min(gone) < 0 or sum(gone) + running[block.id] > block.granted:
            found.append(f"block {block.source} of {block.granted} lost {gone}")
        if gone != [row.used, row.expired, row.voided]:
            found.append(f"block {block.source} lost {gone}, its state says otherwise")
    return found
