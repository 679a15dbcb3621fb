"""Does the reading of pools into memory under their locks, and the writing of what happened.

Between `lock` and `save` nothing else draws from these pools. Counters are read with the lock; the
detail (blocks, terms, running layout, settings) only for pools that need it, for all of them at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from creditops.lib import binary, sql
from ledger import limits, locked_pools
from ledger.limits import HolderKey, Limits
from ledger.line import (
    Armed,
    Block,
    Expiry,
    Layer,
    Line,
    Segment,
    Term,
)

Key = tuple[int, int]

# The plan that is made once reads the details of so many pools; for more of them it is made for their number.
_FEW = 1_000


def find(holders: Sequence[Key]) -> list[tuple[int, int, int, int]]:
    """The pools of these holders, (customer id, holder id) each: customer, holder, unit, pool."""
    rows = binary.rows(
        "ledger",
        "find_pools",
        customers=binary.bigints([customer for customer, _ in holders]),
        holders=binary.bigints([holder for _, holder in holders]),
    )
    return [(customer, holder, unit, pool) for customer, holder, unit, pool in rows]


def lock(keys: Iterable[Key], now: datetime) -> dict[Key, Line]:
    """Lock these pools, (customer id, pool id) each, and return their lines without detail.

    Holds that are over at `now` lapse with it, so they never count, whenever a sweep comes (L19).
    The locks are taken in the order of their keys, so two callers can't wait for each other; they
    end with the transaction.
    """
    return dict(locked_pools.lock(keys, now))


def add_detail(
    lines: Collection[Line],
    now: datetime,
    *,
    horizons: Mapping[int, datetime] | None = None,
    blocks: Sequence[int] = (),
) -> dict[int, Limits]:
    """Read blocks, terms, running layouts and settings into lines that have none yet.

    Args:
        lines: locked lines.
        now: the processing time; settings and caps are those in force then.
        horizons: per pool id the oldest event time in question; `now` where it is missing.
        blocks: ids of further blocks to read, ended and empty ones too.

    Returns the limits by pool id. Blocks that ended before the horizon are not read; the newest
    such end bounds the window all the same.
    """
    wanted = [line for line in lines if not line.detailed]
    if not wanted:
        return {}
    by_pool = {line.pool_id: line for line in wanted}
    parameters = {
        "customers": binary.bigints([line.customer_id for line in wanted]),
        "pools": binary.bigints([line.pool_id for line in wanted]),
        "horizons": [min(now, (horizons or {}).get(line.pool_id, now)) for line in wanted],
        "layouts": binary.bigints([line.layout_no for line in wanted]),
        "scope_lines": binary.bigints([len(line.scopes) for line in wanted]),
        "now": now,
    }
    segments = _rows("pool_segments", parameters)
    laid_out = [block_id for _, _, _, _, block_id, *_ in segments if block_id is not None]
    layers: dict[int, Layer] = {}
    for row in _rows("pool_blocks", {**parameters, "extra": binary.bigints([*blocks, *laid_out])}):
        by_pool[row[0]].blocks[row[1]] = _block(row, layers)
    for pool_id, end in _rows("pool_past_ends", parameters):
        by_pool[pool_id].past_end = end
    _add_expiries(wanted)
    pool_limits = _limits(parameters, now)
    _add_terms(by_pool, parameters, pool_limits)
    for row in segments:
        _add_segment(by_pool[row[0]], row)
    for line in wanted:
        line.rules = pool_limits[line.pool_id].rules
        line.alerts = pool_limits[line.pool_id].alerts
        line.detailed = True
    _add_thresholds(by_pool, parameters)
    return pool_limits


def save(lines: Collection[Line], *, batch_id: int | None, recorded_at: datetime) -> None:
    """Write what happened to these lines, as one statement per table."""
    save_books(lines, batch_id=batch_id, recorded_at=recorded_at)
    save_states(lines, recorded_at)


def save_books(lines: Collection[Line], *, batch_id: int | None, recorded_at: datetime) -> None:
    """Write the layouts, drains and moves that were made; then the states have to follow."""
    _save_layouts(lines, recorded_at)
    _save_drains(lines, batch_id, recorded_at)
    _save_moves(lines, recorded_at)


def save_states(lines: Collection[Line], recorded_at: datetime) -> None:
    """Write where these lines stand; their books are written."""
    relaid = [line for line in lines if line.layouts]
    _save_block_states(relaid)
    _save_term_uses(relaid)
    _save_states(lines, recorded_at)
    _save_scope_lines(lines)


def limits_of(lines: Collection[Line], now: datetime) -> dict[int, Limits]:
    """The settings in force for the holders of these pools, by pool id."""
    asked = {
        "customers": binary.bigints([line.customer_id for line in lines]),
        "pools": binary.bigints([line.pool_id for line in lines]),
    }
    return _limits(asked, now)


def _rows(name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What a statement says of the pools that it is asked for."""
    return binary.rows("ledger", name, parameters["pools"].number <= _FEW, **parameters)


def _block(row: Sequence[Any], layers: dict[int, Layer]) -> Block:
    """A block; those on one cost layer share it in memory too."""
    (_, id_, kind, priority, granted, effective_at, term_start, expires_at, until, meters,
     counted_before, used, expired, voided, layer, quantity, cost, released) = row  # fmt: skip
    return Block(
        id_,
        kind,
        granted,
        priority,
        effective_at,
        term_start,
        expires_at,
        until,
        None if meters is None else frozenset(meters),
        layers.setdefault(layer, Layer(layer, quantity, cost, released)),
        counted_before,
        used,
        expired,
        voided,
    )


def _add_expiries(lines: Collection[Line]) -> None:
    blocks = {block.id: block for line in lines for block in line.blocks.values() if block.expired}
    if not blocks:
        return
    rows = binary.rows(
        "ledger",
        "pool_expiries",
        customers=binary.bigints(list({line.customer_id for line in lines})),
        blocks=binary.bigints(list(blocks)),
    )
    for block_id, seq, at, credits in rows:
        blocks[block_id].expiries.append(Expiry(seq, at, int(credits)))


def _limits(parameters: Mapping[str, Any], now: datetime) -> dict[int, Limits]:
    """The settings of each pool's holder, by pool id."""
    keys = {row[0]: HolderKey(*row[1:]) for row in _rows("holders_of_pools", parameters)}
    by_holder = limits.of(keys.values(), now)
    return {pool_id: by_holder[key.holder_id] for pool_id, key in keys.items()}


def _add_terms(
    by_pool: Mapping[int, Line], parameters: Mapping[str, Any], pool_limits: Mapping[int, Limits]
) -> None:
    for row in _rows("pool_terms", parameters):
        (pool, id_, starts_at, ends_at, allowed_on, layer, quantity, cost, lifted, overage, counted,
         base, graced) = row  # fmt: skip
        term = Term(
            id_, starts_at, ends_at, overage=overage, counted=counted, base=base, graced=graced
        )
        if layer is not None:
            term.layer = Layer(layer, quantity, cost, released=overage)
            of_pool = pool_limits[pool]
            term.cap = lifted if lifted is not None else of_pool.cap(allowed_on)
            term.cap_share = of_pool.cap_share if lifted is None else None
        by_pool[pool].terms.append(term)


def _add_segment(line: Line, row: Sequence[Any]) -> None:
    _, number, pos, pos_end, block_id, layer_id, b0, u0, r0 = row
    block = None if block_id is None else line.blocks[block_id]
    layer = block.layer if block is not None else _overage_layer(line, layer_id)
    line.courses[number].segments.append(Segment(pos, pos_end, block, layer, b0, u0, r0))


def _add_thresholds(by_pool: Mapping[int, Line], parameters: Mapping[str, Any]) -> None:
    for pool_id, term_id, threshold, arming, fired in _rows("pool_thresholds", parameters):
        by_pool[pool_id].armings[term_id, threshold] = Armed(arming, fired)


def _overage_layer(line: Line, layer_id: int) -> Layer:
    return next(t.layer for t in line.terms if t.layer is not None and t.layer.id == layer_id)


def _save_layouts(lines: Collection[Line], recorded_at: datetime) -> None:
    layouts = [(line, layout) for line in lines for layout in line.layouts]
    sql.copy(
        "ledger_layout (customer_id, pool_id, line, no, start_pos, move_seq, term_id, recorded_at,"
        " reason)",
        (
            (line.customer_id, line.pool_id, layout.line, layout.no, layout.start_pos,
             layout.move_seq, layout.term_id, recorded_at, layout.reason)
            for line, layout in layouts
        ),
    )  # fmt: skip
    sql.copy(
        "ledger_segment (customer_id, pool_id, line, layout_no, pos, pos_end, block_id, granted,"
        " layer_id, b0, u0, r0)",
        (
            (line.customer_id, line.pool_id, layout.line, layout.no, s.pos, s.pos_end,
             s.block.id if s.block else None, s.block.granted if s.block else None, s.layer.id,
             s.b0, s.u0, s.r0)
            for line, layout in layouts
            for s in layout.segments
        ),
    )  # fmt: skip


def _save_drains(lines: Collection[Line], batch_id: int | None, recorded_at: datetime) -> None:
    sql.copy(
        "ledger_drain (customer_id, pool_id, line, pos, pos_end, layout_no, batch_id, events,"
        " posting_date, revenue_class, time_min, time_max, recorded_at)",
        (
            (line.customer_id, line.pool_id, course.number, d.pos, d.pos_end, d.layout_no, batch_id,
             d.events, d.posting_date, d.revenue_class, d.time_min, d.time_max, recorded_at)
            for line in lines
            for course in line.courses
            for d in course.drains
        ),
    )  # fmt: skip


def _save_moves(lines: Collection[Line], recorded_at: datetime) -> None:
    sql.copy(
        "ledger_move (customer_id, pool_id, seq, type, block_id, term_id, credits, event_id,"
        " correction_no, of_seq, effective_at, recorded_at, posting_date, revenue_class, layer_id,"
        " r0, late, act)",
        (
            (line.customer_id, line.pool_id, m.seq, m.type, m.block.id if m.block else None,
             m.term_id, m.credits, m.event_id, m.correction_no, m.of_seq, m.effective_at,
             recorded_at, m.posting_date, m.revenue_class, m.layer.id, m.r0, m.late, m.act)
            for line in lines
            for m in line.moves
        ),
    )  # fmt: skip


def _save_block_states(lines: Collection[Line]) -> None:
    blocks = [(line.customer_id, block) for line in lines for block in line.blocks.values()]
    if blocks:
        binary.run(
            "ledger",
            "save_block_states",
            False,
            customer_id=[customer for customer, _ in blocks],
            block_id=[b.id for _, b in blocks],
            until=[b.until for _, b in blocks],
            used=[b.used for _, b in blocks],
            expired=[b.expired for _, b in blocks],
            voided=[b.voided for _, b in blocks],
            open=[b.left + b.expired > 0 for _, b in blocks],
        )


def _save_term_uses(lines: Collection[Line]) -> None:
    terms = [(line, term) for line in lines for term in line.terms]
    if terms:
        binary.run(
            "ledger",
            "save_term_uses",
            False,
            customer_id=[line.customer_id for line, _ in terms],
            pool_id=[line.pool_id for line, _ in terms],
            term_id=[term.id for _, term in terms],
            overage=[term.overage for _, term in terms],
            counted=[term.counted for _, term in terms],
            base=[term.base for _, term in terms],
        )


def _save_states(lines: Collection[Line], recorded_at: datetime) -> None:
    if not lines:
        return
    for line in lines:
        line.count_use()
    binary.run(
        "ledger",
        "save_pool_states",
        False,
        customer_id=[line.customer_id for line in lines],
        pool_id=[line.pool_id for line in lines],
        layout_no=[line.layout_no for line in lines],
        term_id=[line.term_id for line in lines],
        valid_from=[line.window.since for line in lines],
        valid_until=[line.window.until for line in lines],
        relay_at=[line.relay_at for line in lines],
        daily_at=[line.daily_at for line in lines],
        enforcement=[line.rules.enforcement for line in lines],
        late_window_days=[line.rules.late_window.days for line in lines],
        consumed=[line.consumed for line in lines],
        limit_pos=[line.limit for line in lines],
        stop_pos=[line.stop for line in lines],
        held=[line.held for line in lines],
        lapse_at=[line.lapse_at for line in lines],
        seat_allowance=[line.rules.seat_allowance for line in lines],
        seats_since=[line.seats_since for line in lines],
        alert_pos=[line.alert_pos for line in lines],
        scoped=[line.scoped for line in lines],
        move_seq=[line.move_seq for line in lines],
        granted=[line.granted for line in lines],
        used=[line.used for line in lines],
        expired=[line.expired for line in lines],
        voided=[line.voided for line in lines],
        scoped_left=[line.scoped_left for line in lines],
        overage_cap=[line.overage_cap for line in lines],
        current_from=[_newest_instant(line, recorded_at) for line in lines],
        scope_lines=[len(line.scopes) for line in lines],
    )


def _save_scope_lines(lines: Collection[Line]) -> None:
    scopes = [(line, scope) for line in lines for scope in line.scopes]
    if scopes:
        binary.run(
            "ledger",
            "save_scope_lines",
            False,
            customer_id=[line.customer_id for line, _ in scopes],
            pool_id=[line.pool_id for line, _ in scopes],
            line=[scope.number for _, scope in scopes],
            meters=[f"{{{','.join(map(str, sorted(scope.meters)))}}}" for _, scope in scopes],
            consumed=[scope.consumed for _, scope in scopes],
            limit_pos=[scope.limit for _, scope in scopes],
            beside=[scope.beside for _, scope in scopes],
        )


def _newest_instant(line: Line, recorded_at: datetime) -> datetime:
    """From when on the line's counters are a balance: use may lie some minutes ahead (T8)."""
    counted = [
        recorded_at,
        *(d.time_max for d in line.drawn),
        *(m.effective_at for m in line.moves),
    ]
    return max(counted if line.current_from is None else [line.current_from, *counted])
