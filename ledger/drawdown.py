"""Does the drawing: one holder's part of a batch, placed on the lines of its pools.

Events go in the order of their times. Those outside a line's window are judged first and become
moves; the rest take the next intervals of the line, or are refused. In memory: rows are written by
`ledger/pool_books.py` and `ledger/usage_rows.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from creditops.lib import calendar
from ledger import daily_credits, limits, messages, moving, pool_books, thresholds
from ledger.limits import HolderKey
from ledger.line import OBSERVE, SOFT, Course, Line
from ledger.models import Rate, ThresholdCrossing
from ledger.moving import Use
from ledger.periods import Months
from ledger.rating import Charge, RunningSum
from ledger.resolving import Event
from ledger.seats import SEAT_LIMIT, Seats, seat_of
from ledger.thresholds import MOVED, Placed

USAGE, AGENT, ENTITLED = "usage", "agent", "entitled"

# Pool id, item, posting date.
CostKey = tuple[int, str, date]


@dataclass(slots=True)
class Drawing:
    """One holder's pools while a batch draws from them.

    Attributes:
        holder: whose pools.
        lines: locked lines by unit id.
        sums: the running sums of fractional items, by pool id and item.
        months: the locked accounting months.
        zone: the books' zone, for posting dates.
        seats: those of the batch's users (L18).
        batch_id, now: of the batch.
        admitted: a person let these events in: they are drawn beside the line.
        horizon: the time of the oldest event that they are asked for.
        placed: per pool the events drawn in order, to name those that cross a threshold.
        crossed: the thresholds that were reached before a line was laid out in between.
        capped: whether an event was refused for the overage cap.
        provider_costs: what providers charge for what was drawn, by pool id, item, posting date.
    """

    holder: HolderKey
    lines: dict[int, Line]
    sums: dict[tuple[int, str], RunningSum]
    seats: Seats
    months: Months
    zone: str
    batch_id: int
    now: datetime
    horizon: datetime
    admitted: bool = False
    placed: dict[int, list[Placed]] = field(default_factory=dict)
    crossed: list[ThresholdCrossing] = field(default_factory=list)
    capped: bool = False
    provider_costs: dict[CostKey, Fraction] = field(default_factory=dict)

    def draw_beside(self, events: Sequence[Event]) -> list[Event]:
        """Judge and draw those of these events, all of this holder, that don't go on its lines.

        Returns the others.
        """
        in_order = sorted(events, key=lambda event: (event.time, event.index))
        self.seats.begin(
            self.lines.values(),
            self.holder.time_zone,
            [(event.time, event.message.user) for event in in_order if event.message.user],
        )
        beside = [e for e in in_order if self.admitted or not self._fits_windows(e)]
        if beside:
            self._read_detail()
            for event in beside:
                self._draw_beside(event)
            self._lay_out_moved("late use")
        drawn = {event.index for event in beside}
        return [event for event in in_order if event.index not in drawn]

    def draw_on_lines(self, events: Iterable[Event]) -> None:
        """Judge and draw the rest, in the order of their times."""
        for event in sorted(events, key=lambda event: (event.time, event.index)):
            self._draw_on_line(event)

    def near_thresholds(self) -> list[Line]:
        """The lines that may have reached a threshold."""
        return [
            line
            for line in self.lines.values()
            if line.layouts
            or line.moves
            or (line.alert_pos is not None and line.consumed >= line.alert_pos)
        ]

    def crossings(self) -> list[ThresholdCrossing]:
        """The thresholds that these draws have reached; such lines have their detail."""
        return [*self.crossed, *self._noticed()]

    def _noticed(self) -> list[ThresholdCrossing]:
        return [
            crossing
            for line in self.near_thresholds()
            for crossing in thresholds.notice(line, self.now, self.placed.get(line.pool_id, ()))
        ]

    def needs_detail(self, events: Iterable[Event]) -> bool:
        """Whether drawing these events takes more than the counters of its lines."""
        if self.admitted or any(line.stale(self.now) for line in self.lines.values()):
            return True
        asked: dict[tuple[int, int], int] = {}
        for event in events:
            for charge in event.charges:
                line = self.lines[charge.unit_id]
                course = line.course_of(event.meter_id)
                if course is None or not line.window.holds(event.time):
                    return True
                key = (charge.unit_id, course.number)
                asked[key] = asked.get(key, 0) + int(charge.exact)
        for (unit, number), credits in asked.items():
            line = self.lines[unit]
            course = line.courses[number]
            if not line.gives(course, credits) and (
                course is not line or line.rules.enforcement == SOFT
            ):
                return True
        return False

    def _read_detail(self) -> None:
        """Read the pools' detail, once, back to the oldest event: a block that ended since may pay."""
        pool_books.add_detail(
            self.lines.values(),
            self.now,
            horizons={line.pool_id: self.horizon for line in self.lines.values()},
        )

    def _lay_out_moved(self, reason: str) -> None:
        for line in self.lines.values():
            if line.moved:
                line.lay_out(self.now, reason)

    def _fits_windows(self, event: Event) -> bool:
        """Whether the event may go on the line of every unit that it draws."""
        for unit_id in {charge.unit_id for charge in event.charges}:
            line = self.lines[unit_id]
            if not line.window.holds(event.time) or line.course_of(event.meter_id) is None:
                return False
        return True

    def _draw_on_line(self, event: Event) -> None:
        credits = self._price(event)
        if any(self.lines[unit].rules.enforcement == OBSERVE for unit in credits):
            self._record(event, credits)
            return
        if self._seat_is_short(event, credits):
            self._refuse(event, credits, SEAT_LIMIT)
            return
        courses = {unit: self.lines[unit].course_of(event.meter_id) for unit in credits}
        short = [u for u, n in credits.items() if n > 0 and not self._gives(u, courses[u], n)]
        if not short:
            self._place(event, credits, courses)
        elif any(courses[unit] is not self.lines[unit] for unit in short):
            # More than its scope has left, or is sure to be free of holds: several blocks may pay.
            self._draw_in_between(event, "scope used up")
        elif event.captured or (event.late and self.holder.kind != "open"):
            self._draw_in_between(event, "late use")
        else:
            self._refuse(event, credits, self._shortage(self.lines[short[0]], event))

    def _gives(self, unit_id: int, course: Course | None, credits: int) -> bool:
        return course is not None and self.lines[unit_id].gives(course, credits)

    def _draw_in_between(self, event: Event, reason: str) -> None:
        """Draw an event beside the lines while others are drawn on them, which are laid out anew then.

        What was reached before is noticed before: afterwards its positions are gone.
        """
        self._read_detail()
        self.crossed += self._noticed()
        self._draw_beside(event)
        for line in self.lines.values():
            if line.moved:
                line.lay_out(self.now, reason)
                drawn = (MOVED, 0, messages.event_id(self.batch_id, event.index))
                self.placed[line.pool_id] = [drawn]

    def _place(
        self, event: Event, credits: Mapping[int, int], courses: Mapping[int, Course | None]
    ) -> None:
        posting_date = self._posting_date(event)
        for unit_id, n in credits.items():
            line, course = self.lines[unit_id], courses[unit_id]
            if course is None:
                course = line
            pos = line.draw(course, n, event.time, posting_date, _revenue_class(event, unit_id))
            event.positions[unit_id] = (course.number, pos)
            ends = self.placed.setdefault(line.pool_id, [])
            end = (course.number, course.consumed)
            ends.append((*end, messages.event_id(self.batch_id, event.index)))
        self._apply(event, credits)

    def _draw_beside(self, event: Event) -> None:
        """The slow way: plan every unit's part from block rows, then move all of them or none (L5)."""
        credits = self._price(event)
        if self._observed(event):
            self._record(event, credits)
            return
        if self._seat_is_short(event, credits):
            self._refuse(event, credits, SEAT_LIMIT)
            return
        uses = {unit: self._use(event, unit) for unit in credits}
        plans = {
            unit: moving.plan(self.lines[unit], uses[unit], n, self.now)
            for unit, n in credits.items()
        }
        refusals = [plan for plan in plans.values() if isinstance(plan, str)]
        if moving.TOO_LATE in refusals:
            event.set_aside(moving.TOO_LATE)
        elif refusals:
            self._refuse(event, credits, refusals[0])
        else:
            for unit, plan in plans.items():
                if not isinstance(plan, str):
                    moving.carry_out(self.lines[unit], uses[unit], plan, act="usage")
            self._apply(event, credits)

    def _seat_is_short(self, event: Event, credits: Mapping[int, int]) -> bool:
        """Whether the user's allowance is too small for it; late use passes (L18, L20)."""
        if event.late or not event.message.user:
            return False
        for unit_id, n in credits.items():
            line = self.lines[unit_id]
            seat = seat_of(line, event.time, event.message.user, self.holder.time_zone)
            left = self.seats.left(line, seat)
            if n > 0 and left is not None and n > left:
                return True
        return False

    def _observed(self, event: Event) -> bool:
        """Whether the holder is only observed at the event's time (T8, S6)."""
        if not self.lines:
            return False
        rules = next(iter(self.lines.values())).rules
        changed = rules.enforced_since is not None and event.time < rules.enforced_since
        will_change = rules.changes_at is not None and event.time >= rules.changes_at
        if changed or will_change:
            rules = limits.of([self.holder], event.time)[self.holder.holder_id].rules
        return rules.enforcement == OBSERVE

    def _price(self, event: Event) -> dict[int, int]:
        """Whole credits per unit that the event draws now, without adding to the running sums."""
        credits: dict[int, int] = {}
        for charge in event.charges:
            drawn = (
                self._sum(charge).would_draw(charge.exact) if charge.running else int(charge.exact)
            )
            credits[charge.unit_id] = credits.get(charge.unit_id, 0) + drawn
        return credits

    def _sum(self, charge: Charge) -> RunningSum:
        pool_id = self.lines[charge.unit_id].pool_id
        return self.sums.setdefault((pool_id, charge.item), RunningSum())

    def _apply(self, event: Event, credits: Mapping[int, int]) -> None:
        for charge in event.charges:
            if charge.running:
                self._sum(charge).add(charge.exact)
            if charge.provider_cost:
                pool_id = self.lines[charge.unit_id].pool_id
                key = (pool_id, charge.item, self._posting_date(event))
                self.provider_costs[key] = (
                    self.provider_costs.get(key, Fraction(0)) + charge.provider_cost
                )
        if event.message.user:
            for unit_id, n in credits.items():
                line = self.lines[unit_id]
                seat = seat_of(line, event.time, event.message.user, self.holder.time_zone)
                self.seats.draw(line, seat, n)
        event.status = messages.APPLIED
        event.credits = dict(credits)

    def _record(self, event: Event, credits: Mapping[int, int]) -> None:
        event.status = messages.RECORDED
        event.credits = dict(credits)

    def _refuse(self, event: Event, credits: Mapping[int, int], code: str) -> None:
        """The holder's own limits say no; a refused event does not advance the running sums."""
        event.status = messages.REFUSED
        event.code = code
        event.credits = dict(credits)
        self.capped = self.capped or code == moving.OVERAGE_CAP

    def _shortage(self, line: Line, event: Event) -> str:
        """The code of a refusal on the line: the cap where overage has one, else the balance."""
        if line.rules.enforcement != SOFT:
            return moving.INSUFFICIENT_CREDITS
        self._read_detail()
        term = line.term_at(event.time)
        capped = term is not None and term.layer is not None and not term.graced
        return moving.OVERAGE_CAP if capped else moving.INSUFFICIENT_CREDITS

    def _use(self, event: Event, unit_id: int) -> Use:
        return Use(
            event_id=messages.event_id(self.batch_id, event.index),
            time=event.time,
            meter_id=event.meter_id,
            late=event.late,
            posting_date=self._posting_date(event),
            revenue_class=_revenue_class(event, unit_id),
            captured=event.captured,
        )

    def _posting_date(self, event: Event) -> date:
        return self.months.posting_date(calendar.local_date(event.time, self.zone))


def prepare(drawings: Collection[tuple[Drawing, Sequence[Event]]], now: datetime) -> None:
    """Make ready what these drawings will need for their events, for all of them at once.

    Lines whose layout is no longer the right one are laid out; the sweep may come later.
    """
    wanted = [drawing for drawing, events in drawings if drawing.needs_detail(events)]
    lines = [line for drawing in wanted for line in drawing.lines.values()]
    horizons = {line.pool_id: d.horizon for d in wanted for line in d.lines.values()}
    pool_books.add_detail(lines, now, horizons=horizons)
    stale = [line for line in lines if line.stale(now)]
    if stale:
        daily_credits.bring_up_to_date(stale, now)
    for line in stale:
        line.lay_out(now, "due")


def crossings(drawings: Collection[Drawing], now: datetime) -> list[ThresholdCrossing]:
    """The thresholds that these drawings have reached; reads detail only near one."""
    pool_books.add_detail([line for d in drawings for line in d.near_thresholds()], now)
    return [crossing for drawing in drawings for crossing in drawing.crossings()]


def _revenue_class(event: Event, unit_id: int) -> str:
    """What becomes of the value of the unit's credits: of entitlements it runs over time (V7), of usage
    the unit's rates say it; one event may draw one unit for us and another for a provider."""
    if event.message.entitles:
        return ENTITLED
    return revenue_class(charge for charge in event.charges if charge.unit_id == unit_id)


def revenue_class(charges: Iterable[Charge]) -> str:
    """Whether usage that is charged so is our revenue, or is passed on to a provider (V14)."""
    return AGENT if any(charge.role == Rate.Role.AGENT for charge in charges) else USAGE
