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
        layouts = list(Layout.objects.filter(pool_id=state.pool_id).order_by("no"))
        moves = list(Move.objects.filter(pool_id=state.pool_id).order_by("seq"))
        found += [
            f"pool {state.pool_id}: {fault}"
            for fault in (
                *_chain(state),
                *_generations(state, layouts, moves),
                *_blocks(state, layouts, moves),
                *_totals(state, layouts, moves),
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


def _totals(state: PoolState, layouts: list[Layout], moves: list[Move]) -> list[str]:
    """What the pool's state says that its blocks come to is what their rows say."""
    parts = Counter({USED: 0, EXPIRED: 0, VOIDED: 0})
    ends = {a.no: b.start_pos for a, b in itertools.pairwise(layouts)}
    for segment in Segment.objects.filter(pool_id=state.pool_id, block_id__isnull=False):
        end = ends.get(segment.layout_no, state.consumed)
        parts[USED] += max(0, min(segment.pos_end, end) - segment.pos)
    for move in moves:
        if move.block_id is not None:
            parts[COLUMN[move.type.removesuffix("_REVERSAL")]] += move.credits
    granted = sum(block.granted for block in Block.objects.filter(pool_id=state.pool_id))
    rows_say = [granted, parts[USED], parts[EXPIRED], parts[VOIDED]]
    kept = [state.granted, state.used, state.expired, state.voided]
    return [] if rows_say == kept else [f"its rows come to {rows_say}, its state says {kept}"]


def _chain(state: PoolState) -> list[str]:
    """Drains, and the events on the line, follow each other from 0 to the counter."""
    drains = Drain.objects.filter(pool_id=state.pool_id).order_by("pos")
    events = [
        *UsageEvent.objects.filter(pool_id=state.pool_id, pos__isnull=False),
        *UsagePart.objects.filter(pool_id=state.pool_id, pos__isnull=False),
    ]
    found = []
    for what, intervals in (
        ("drains", [(drain.pos, drain.pos_end) for drain in drains]),
        ("events", sorted((e.pos, e.pos + e.credits) for e in events if e.credits)),
    ):
        ends = [0, *(end for _, end in intervals)]
        if [start for start, _ in intervals] != ends[:-1] or ends[-1] != state.consumed:
            found.append(f"its {what} {intervals} do not lead from 0 to {state.consumed}")
    return found


def _generations(state: PoolState, layouts: list[Layout], moves: list[Move]) -> list[str]:
    """Layouts are numbered, start where the line stood, and the newest knows every move."""
    found = []
    if [layout.no for layout in layouts] != list(range(1, state.layout_no + 1)):
        found.append(f"its layouts are not 1 to {state.layout_no}")
    if [move.seq for move in moves] != list(range(1, state.move_seq + 1)):
        found.append(f"its moves are not 1 to {state.move_seq}")
    starts = [layout.start_pos for layout in layouts]
    known = [layout.move_seq for layout in layouts]
    if starts != sorted(starts) or known != sorted(known):
        found.append("its layouts go back")
    if layouts and (starts[-1] > state.consumed or known[-1] != state.move_seq):
        found.append("its newest layout begins ahead of the line, or misses a move")
    for drain in Drain.objects.filter(pool_id=state.pool_id):
        start = starts[drain.layout_no - 1]
        end = starts[drain.layout_no] if drain.layout_no < len(starts) else state.consumed
        if not start <= drain.pos < drain.pos_end <= end:
            found.append(f"a drain at {drain.pos} lies outside layout {drain.layout_no}")
    return found


def _blocks(state: PoolState, layouts: list[Layout], moves: list[Move]) -> list[str]:
    """granted = used + expired + voided + rest, none below 0; states are those of the newest layout."""
    settled: dict[int, Counter[str]] = defaultdict(Counter)
    running: Counter[int] = Counter()
    ends = {a.no: b.start_pos for a, b in itertools.pairwise(layouts)}
    for segment in Segment.objects.filter(pool_id=state.pool_id, block_id__isnull=False):
        end = ends.get(segment.layout_no, state.consumed)
        taken = max(0, min(segment.pos_end, end) - segment.pos)
        if segment.layout_no in ends:
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
