"""Answers where usage falls: a pool's consumption lines in memory. Pure: no database, no clock.

The heart of the ledger (docs/ledger.md). A line counts the credits drawn from a pool and never goes
back. A layout lays the open blocks end to end as segments from the counter on; an event takes the
next interval of the line, and who paid for it is the overlap with the segments. Blocks that pay for
some meters only lie on a line of their scope, beside the general one; all lines of a pool share its
lock, its window and its generations. What does not fit that picture is a move (`ledger/moving.py`).
`ledger/pool_books.py` fills this memory under the pool's lock and writes back what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

GENERAL = 0

# Arrival this long after its event makes a message late: then it can't be refused for lack of
# credits (L8). This far in the future it is held instead (T8).
LATE_AFTER = timedelta(minutes=5)

HARD, SOFT, OBSERVE = "HARD", "SOFT", "OBSERVE"
DAILY = "daily"


@dataclass(slots=True)
class Layer:
    """A cost layer: `quantity` credits that cost `cost` minor units; `released` are gone from it."""

    id: int
    quantity: int
    cost: int
    released: int = 0


@dataclass(slots=True, eq=False)
class Block:
    """A block as the line sees it; `used`, `expired`, `voided` as of the newest layout.

    It pays for what happens before `until`: the instant from which it is frozen, else its end.
    """

    id: int
    kind: str
    granted: int
    priority: int
    effective_at: datetime
    term_start: datetime
    expires_at: datetime | None
    until: datetime | None
    meters: frozenset[int] | None
    layer: Layer
    counted_before: int = 0
    used: int = 0
    expired: int = 0
    voided: int = 0
    # Expiries that a late event may still undo: (seq, instant, credits not yet reversed).
    expiries: list[Expiry] = field(default_factory=list)

    @property
    def gone(self) -> int:
        """Credits that left the block, by whichever way."""
        return self.used + self.expired + self.voided

    @property
    def left(self) -> int:
        """Credits not gone, usable or not."""
        return self.granted - self.gone

    def usable_at(self, now: datetime) -> bool:
        """Whether the block may pay for something processed and used at `now`."""
        return self.effective_at <= now and (self.until is None or now < self.until)

    def ended_by(self, now: datetime) -> bool:
        """Whether the block can't pay any more at `now` (exclusive end, L11): over, or frozen."""
        return self.until is not None and self.until <= now

    def expired_by(self, now: datetime) -> bool:
        """Whether the block's life is over at `now`; frozen credits may still come back (L13)."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(slots=True)
class Expiry:
    """An EXPIRE move as far as it has not been reversed."""

    seq: int
    at: datetime
    credits: int


@dataclass(slots=True, eq=False)
class Term:
    """A term of the pool: its bounds, the cap on its overage, what was used in it.

    `layer` values overage; None where the pool has no commitment in this term and so no overage.
    `cap` bounds it, or where `cap_share` is given that share of all that is available (O1).
    `counted` is what alerts measure, `base` where they began to (0 but for pools without terms).
    `graced`: its overage is a subscription's grace (Q2).
    """

    id: int
    starts_at: datetime | None
    ends_at: datetime | None
    cap: int = 0
    cap_share: Fraction | None = None
    layer: Layer | None = None
    overage: int = 0
    counted: int = 0
    base: int = 0
    graced: bool = False

    def holds(self, instant: datetime) -> bool:
        """Whether `instant` lies in the term, `[starts_at, ends_at)`."""
        return (self.starts_at is None or self.starts_at <= instant) and (
            self.ends_at is None or instant < self.ends_at
        )


@dataclass(slots=True)
class Segment:
    """Where a block, or overage (`block` None), lies on the line in the running layout."""

    pos: int
    pos_end: int
    block: Block | None
    layer: Layer
    b0: int
    u0: int
    r0: int

    @property
    def counts(self) -> bool:
        """Whether alerts count what is taken here: all but daily credits."""
        return self.block is None or self.block.kind != DAILY

    def taken(self, consumed: int) -> int:
        """Credits of the segment that the line's counter has passed."""
        return min(max(consumed - self.pos, 0), self.pos_end - self.pos)


@dataclass(slots=True)
class Layout:
    """A generation of the line, with its segments, to be written."""

    no: int
    start_pos: int
    move_seq: int
    term_id: int | None
    reason: str
    segments: list[Segment]
    line: int = GENERAL


@dataclass(slots=True)
class Drain:
    """A run of events drawn on the line: one layout, posting date and revenue class."""

    layout_no: int
    pos: int
    pos_end: int
    events: int
    posting_date: date
    revenue_class: str
    time_min: datetime
    time_max: datetime


@dataclass(slots=True)
class Move:
    """Credits that leave a block (> 0) or come back to it (< 0) by another way than the line."""

    seq: int
    type: str
    block: Block | None
    term_id: int | None
    credits: int
    effective_at: datetime
    posting_date: date
    revenue_class: str
    layer: Layer
    r0: int
    act: str
    event_id: int | None = None
    correction_no: int | None = None
    of_seq: int | None = None
    late: bool = False


@dataclass(slots=True)
class Armed:
    """The newest arming of a threshold, and whether it has fired."""

    arming: int = 1
    fired: bool = False


@dataclass(slots=True)
class Window:
    """The event times for which the running layout is right: every laid-out block is eligible, and
    no other credit of the pool is. `since` None: for none."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, instant: datetime) -> bool:
        """Whether an event of this time may go on the line."""
        return (
            self.since is not None
            and self.since <= instant
            and (self.until is None or instant < self.until)
        )


@dataclass(slots=True)
class Rules:
    """The settings in force for a pool, compiled at its newest layout.

    `enforced_since` and `changes_at` bound the time for which they hold.
    """

    enforcement: str = HARD
    expiry_first: bool = False
    late_window: timedelta = timedelta(days=30)
    late_is_overage: bool = True
    # Credits per user and month; None: everybody draws from the pool alone (L18).
    seat_allowance: int | None = None
    # Fewer credits than these have more bought; None: nothing is (Q4).
    top_up_below: int | None = None
    enforced_since: datetime | None = None
    changes_at: datetime | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Course:
    """A counter that never goes back, and what the running layout lays along it.

    Its credits end at `limit`. `drains` are what was drawn on it, to be written.
    """

    number: int = GENERAL
    consumed: int = 0
    limit: int = 0
    layout_no: int = 0
    segments: list[Segment] = field(default_factory=list)
    drains: list[Drain] = field(default_factory=list)

    @property
    def rest(self) -> int:
        """Credits laid out that are not drawn yet."""
        return max(0, self.limit - self.consumed)

    def lay(self, blocks: Iterable[Block]) -> None:
        """Lay blocks end to end from the counter on."""
        pos = self.consumed
        for block in blocks:
            self.segments.append(_segment(pos, block.left, block, block.layer, self.segments))
            pos += block.left
        self.limit = pos

    def counted(self, consumed: int) -> int:
        """Of the credits laid out those that alerts count, up to a counter."""
        return sum(s.taken(consumed) for s in self.segments if s.counts)

    def advance(self, credits: int, time: datetime, posting_date: date, revenue_class: str) -> int:
        """Draw `credits` (>= 0, and there is room); returns the event's position.

        Adds to the run of events before it where layout, date and class are the same.
        """
        pos = self.consumed
        self.consumed += credits
        if credits == 0:
            return pos
        run = self.drains[-1] if self.drains else None
        if (
            run is None
            or run.layout_no != self.layout_no
            or run.posting_date != posting_date
            or run.revenue_class != revenue_class
        ):
            self.drains.append(
                Drain(
                    self.layout_no, pos, self.consumed, 1, posting_date, revenue_class, time, time
                )
            )
        else:
            run.pos_end = self.consumed
            run.events += 1
            run.time_max = max(run.time_max, time)
            run.time_min = min(run.time_min, time)
        return pos


@dataclass(slots=True, eq=False, kw_only=True)
class ScopeLine(Course):
    """The line of the blocks that pay for exactly these meters.

    `beside`: it has credits that the running layout leaves out, since their cost layer lies on another
    line too; they are drawn by moves.
    """

    meters: frozenset[int]
    beside: bool = False


@dataclass(slots=True, eq=False)
class Line(Course):
    """A pool's general line and those of its scopes, its blocks and terms, and what happened to them
    since they were read.

    The counters (`consumed`, `held`, `limit`, `stop`, those of the scopes) are always there; blocks,
    terms, segments and rules only when `detailed`, which anything but plain drawing needs.
    """

    customer_id: int
    pool_id: int
    held: int = 0
    # No hold that is counted in `held` ends before this.
    lapse_at: datetime | None = None
    # The month from which on use is counted per user; None: it is not.
    seats_since: date | None = None
    stop: int = 0
    move_seq: int = 0
    term_id: int | None = None
    window: Window = field(default_factory=Window)
    relay_at: datetime | None = None
    # When the credits of the next day are due (L15); None: no daily credits.
    daily_at: datetime | None = None
    # Where a threshold fires at the earliest; use on a scope's line brings it nearer.
    alert_pos: int | None = None
    scoped: bool = False
    # The lines of the scopes that have, or had, a block, by number from 1 on.
    scopes: list[ScopeLine] = field(default_factory=list)
    # Of all blocks of the pool, those that nobody reads any more too; `used` up to `used_to`.
    granted: int = 0
    used: int = 0
    used_to: int = 0
    expired: int = 0
    voided: int = 0
    # What scoped blocks have left that are usable, and as of the newest layout how far overage may go.
    scoped_left: int = 0
    # Of what was used, that on lines of scopes since they were read.
    scoped_used: int = 0
    overage_cap: int | None = None
    # Nothing that is counted here lies after this instant; None: nobody knows.
    current_from: datetime | None = None
    detailed: bool = False
    rules: Rules = field(default_factory=Rules)
    blocks: dict[int, Block] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)
    # The latest end of a block with a rest that was too long ago to be read.
    past_end: datetime | None = None
    # Which percentages alert, and per (term id, threshold) the newest arming.
    alerts: tuple[int, ...] = ()
    armings: dict[tuple[int, str], Armed] = field(default_factory=dict)
    # What happened, to be written.
    layouts: list[Layout] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    @property
    def courses(self) -> Sequence[Course]:
        """The general line and those of the scopes, by number."""
        return (self, *self.scopes)

    @property
    def drawn(self) -> Iterator[Drain]:
        """The drains of all lines."""
        return (drain for course in self.courses for drain in course.drains)

    @property
    def touched(self) -> bool:
        """Whether something happened that is to be written."""
        if self.layouts or self.moves or self.drains:
            return True
        return any(scope.drains for scope in self.scopes)

    def stale(self, now: datetime) -> bool:
        """Whether the running layout is no longer the right one at processing time `now`."""
        return self.layout_no == 0 or (self.relay_at is not None and self.relay_at <= now)

    @property
    def moved(self) -> bool:
        """Whether moves were made that the newest layout does not know: it has to be made anew."""
        return bool(self.moves) and (not self.layouts or self.layouts[-1].move_seq != self.move_seq)

    @property
    def room(self) -> int:
        """Credits that the general line may still give, overage included, holds kept aside (L19); what
        scoped blocks have left covers holds too."""
        return self.stop - self.consumed - max(0, self.held - self.scoped_left)

    @property
    def covers_holds(self) -> bool:
        """Whether the general line's credits are enough for all holds: then what scopes have left may be
        drawn to the last credit."""
        return self.held <= self.rest

    def course_of(self, meter_id: int) -> Course | None:
        """The line on which use of a meter goes while it has credits: that of the scope that pays for it,
        else the general one. None where that takes a closer look: credits of several scopes, or such
        that are not laid out."""
        found: Course = self
        for scope in self.scopes:
            if meter_id not in scope.meters:
                continue
            if scope.beside or (scope.rest and found is not self):
                return None
            if scope.rest:
                found = scope
        return found

    def gives(self, course: Course, credits: int) -> bool:
        """Whether so much may go on one of the lines: there is room, and holds are kept aside (L19)."""
        if course is self:
            return credits <= self.room
        return credits <= course.rest and self.covers_holds

    def use_scoped(self, credits: int) -> None:
        """Count what was drawn on the line of a scope."""
        self.used += credits
        self.scoped_used += credits
        self.scoped_left -= credits
        if self.alert_pos is not None:
            self.alert_pos = max(0, self.alert_pos - credits)

    def term_at(self, instant: datetime) -> Term | None:
        """The term that holds `instant`, if one does."""
        return next((term for term in self.terms if term.holds(instant)), None)

    def left(self, block: Block) -> int:
        """Credits not gone from `block`, its line's progress included; needs detail."""
        return block.left - sum(
            segment.taken(course.consumed)
            for course in self.courses
            for segment in course.segments
            if segment.block is block
        )

    def balance(self, now: datetime) -> int:
        """Credits left in the blocks that are usable at `now`; needs detail."""
        return sum(self.left(block) for block in self.blocks.values() if block.usable_at(now))

    def overage(self, term: Term) -> int:
        """Overage used in `term`, the line's progress included; needs detail."""
        running = term.id == (self.term_id or 0)
        return term.overage + sum(
            segment.taken(self.consumed)
            for segment in self.segments
            if segment.block is None and running
        )

    def measured(self, now: datetime) -> tuple[int, int]:
        """What alerts measure at `now`: credits consumed in the term, and the balance; daily credits
        count in neither, overage counts as consumed (A1, X14). Needs detail."""
        use = self.term_at(now)
        consumed = 0 if use is None else self._counted(use) - use.base
        return consumed, self._lasting(now)

    def cap(self, term: Term, now: datetime) -> int:
        """How far overage of `term` may go at `now`, in credits (O1, O2). Needs detail.

        A share is taken of what blocks gave in the term and, while it runs, of what they have left;
        daily credits count in neither. So credits that expire or are taken back lower it.
        """
        if term.cap_share is None:
            return term.cap
        given = self._counted(term) - self.overage(term)
        left = self._lasting(now) if term.holds(now) else 0
        return int(term.cap_share * (given + left))

    def _counted(self, term: Term) -> int:
        """What alerts count of a term, the lines' progress included."""
        if term.id != (self.term_id or 0):
            return term.counted
        return term.counted + sum(course.counted(course.consumed) for course in self.courses)

    def _lasting(self, now: datetime) -> int:
        """Credits left in the blocks that are usable at `now`, but for daily ones."""
        return sum(
            self.left(block)
            for block in self.blocks.values()
            if block.kind != DAILY and block.usable_at(now)
        )

    def settle(self) -> None:
        """Write the lines' progress into the blocks and the term: the running layout is left behind.

        Until the next `lay_out` nothing may be drawn on the lines.
        """
        self.count_use()
        use = self._use_of_layout()
        for course in self.courses:
            for segment in course.segments:
                taken = segment.taken(course.consumed)
                segment.layer.released += taken
                if segment.block is not None:
                    segment.block.used += taken
                elif use is not None:
                    use.overage += taken
                if use is not None and segment.counts:
                    use.counted += taken
            course.segments = []

    def has_seen(self, time: datetime) -> None:
        """An event of `time` was drawn: only from then on the counters are a balance (T8)."""
        self.current_from = time if self.current_from is None else max(self.current_from, time)

    def count_use(self) -> None:
        """Count what general blocks gave since the last time: the line's progress as far as they lie on
        it."""
        self.used += max(0, min(self.consumed, self.limit) - self.used_to)
        self.used_to = self.consumed

    def lay_out(self, now: datetime, reason: str) -> None:
        """Make the next generation of the lines: what is open at `now`, in draw order, then overage.

        Settles the generation before. Rules L3, L4, O1.
        """
        self.settle()
        term = self.term_at(now)
        usable = [b for b in self.blocks.values() if b.usable_at(now) and b.left > 0]
        general = [block for block in usable if block.meters is None]
        self.lay(in_draw_order(general, expiry_first=self.rules.expiry_first))
        self._lay_scopes(usable)
        self.stop = self.limit
        self.overage_cap = None
        if term is not None and term.layer is not None and self.rules.enforcement == SOFT:
            self.overage_cap = self.cap(term, now)
            room = max(0, self.overage_cap - term.overage)
            if room:
                self.segments.append(
                    Segment(self.limit, self.limit + room, None, term.layer, term.overage,
                            term.overage, term.overage)
                )  # fmt: skip
                self.stop += room
        self.layout_no += 1
        self.term_id = term.id if term is not None and term.id else None
        self._bound(now, term, usable)
        for course in self.courses:
            course.layout_no = self.layout_no
            self.layouts.append(
                Layout(self.layout_no, course.consumed, self.move_seq, self.term_id, reason,
                       list(course.segments), course.number)
            )  # fmt: skip

    def draw(
        self, course: Course, credits: int, time: datetime, posting_date: date, revenue_class: str
    ) -> int:
        """Draw `credits` (>= 0, and there is room) on one of the lines; returns the position there."""
        pos = course.advance(credits, time, posting_date, revenue_class)
        if course is not self:
            self.use_scoped(credits)
        return pos

    def _lay_scopes(self, usable: Sequence[Block]) -> None:
        """Lay scoped blocks out, each on the line of its scope, which is made for the first one.

        The blocks of a cost layer release it in the order in which they are drawn, so it lies on one line
        only, the general one before the others. A scope with credits on such a layer waits.
        """
        by_scope: dict[frozenset[int], list[Block]] = {}
        for block in usable:
            if block.meters is not None:
                by_scope.setdefault(block.meters, []).append(block)
        known = {scope.meters for scope in self.scopes}
        for meters in by_scope:
            if meters not in known:
                self.scopes.append(ScopeLine(number=len(self.scopes) + 1, meters=meters))
        laid = {segment.layer.id for segment in self.segments}
        for scope in self.scopes:
            own = by_scope.get(scope.meters, [])
            layers = {block.layer.id for block in own}
            scope.beside = not laid.isdisjoint(layers)
            laid |= layers
            open_ = [] if scope.beside else own
            scope.lay(in_draw_order(open_, expiry_first=self.rules.expiry_first))

    def _use_of_layout(self) -> Term | None:
        """The term whose use the running layout counts; a pool without terms has one with id 0."""
        wanted = self.term_id or 0
        return next((term for term in self.terms if term.id == wanted), None)

    def _bound(self, now: datetime, term: Term | None, usable: Sequence[Block]) -> None:
        """Set the window of event times, and when this layout stops being the right one."""
        blocks = self.blocks.values()
        starts = [block.term_start for block in usable]
        starts += [
            block.until
            for block in blocks
            if block.until is not None and block.until <= now and block.left + block.expired > 0
        ]
        ends = [block.until for block in usable if block.until is not None]
        # Between two terms, or after the last, use of another term is not for this layout.
        starts += [t.ends_at for t in self.terms if t.ends_at is not None and t.ends_at <= now]
        ends += [t.starts_at for t in self.terms if t.starts_at is not None and t.starts_at > now]
        for bound, instants in (
            (term.starts_at if term else None, starts),
            (self.rules.enforced_since, starts),
            (self.past_end, starts),
            (term.ends_at if term else None, ends),
            (self.rules.changes_at, ends),
        ):
            if bound is not None:
                instants.append(bound)
        placed = bool(usable) or term is not None
        self.window = Window(max(starts, default=None) if placed else None, min(ends, default=None))
        scoped = [block for block in blocks if block.meters is not None and block.left > 0]
        self.scoped = any(not block.ended_by(now) for block in scoped)
        self.scoped_left = sum(block.left for block in scoped if block.usable_at(now))
        to_come = [block.effective_at for block in blocks if block.effective_at > now]
        to_come += [
            t.starts_at for t in self.terms if t.starts_at is not None and t.starts_at > now
        ]
        to_come += [
            block.until for block in blocks if block.until is not None and block.until > now
        ]
        if self.daily_at is not None:
            to_come.append(self.daily_at)
        self.relay_at = min((*ends, *to_come), default=None)


def in_draw_order(blocks: Iterable[Block], *, expiry_first: bool) -> list[Block]:
    """Blocks in the order in which they pay (L4): narrower scope, priority, then FIFO or expiry."""

    def key(block: Block) -> tuple[object, ...]:
        scope = (block.meters is None, len(block.meters or ()))
        expiry = (block.expires_at is None, block.expires_at or block.effective_at)
        age = (block.effective_at,)
        return (*scope, block.priority, *(expiry + age if expiry_first else age + expiry), block.id)

    return sorted(blocks, key=key)


def _segment(pos: int, length: int, block: Block, layer: Layer, before: list[Segment]) -> Segment:
    """The segment of a block; a layer shared with blocks laid out before it is released by them."""
    shared = sum(s.pos_end - s.pos for s in before if s.layer is layer)
    return Segment(pos, pos + length, block, layer, block.gone, block.used, layer.released + shared)
