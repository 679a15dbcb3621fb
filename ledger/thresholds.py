"""Notices when consumption reaches 50, 80, 95 % (or as set), nothing is left, or overage nears its cap.

Rules A1 and A2. Each threshold fires once per arming; only a grant, or a lifted cap, arms it again.
Use is what reaches them: credits that expire, or are taken back, tell nobody anything by themselves.
What was noticed is left as crossings; `ledger/alerts.py` tells people.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from creditops.lib import binary
from ledger import alerts, grace_ends, top_up_needs
from ledger.line import OBSERVE, Armed, Course, Line, Term
from ledger.models import Arming, ThresholdCrossing

EXHAUSTED = "EXHAUSTED"
OVERAGE_PERCENTAGES = (80, 100)
# What is found by those who sell, and is no alert.
SILENT = (top_up_needs.TOP_UP, *grace_ends.NAMES)

# An event that was drawn, as crossings need it: its line and where it ends there, and its id; of one
# that was drawn by moves before the running layout, `MOVED` and 0.
Placed = tuple[int, int, int]
MOVED = -1


@dataclass(frozen=True, slots=True)
class Aim:
    """An armed threshold: from which position of the general line on it is reached, if use goes there.

    Where use of scopes reaches it too, it is reached when so many credits are `counted` that the running
    layout laid out, on whichever line; None where overage alone does.
    """

    threshold: str
    position: int
    counted: int | None = None


def overage_name(percent: int) -> str:
    """The name of an overage threshold: OVERAGE_80."""
    return f"OVERAGE_{percent}"


def watch(line: Line, now: datetime) -> None:
    """Set the position at which the next armed threshold fires, so that drawing only compares.

    While scopes have credits whose use brings it nearer, credits on the way that alerts do not count
    are left out: it may come too early then, and is set anew, but never too late.
    """
    line.alert_pos = min((aim.position for aim in _aims(line, now)), default=None)
    if line.alert_pos is not None and any(scope.rest for scope in line.scopes):
        line.alert_pos -= sum(
            segment.taken(line.alert_pos) - segment.taken(line.consumed)
            for segment in line.segments
            if not segment.counts and line.consumed < line.alert_pos
        )


def notice(line: Line, now: datetime, placed: Sequence[Placed] = ()) -> list[ThresholdCrossing]:
    """The armed thresholds that the line has reached, in ascending order; they are fired by this.

    Args:
        line: with detail, after drawing or moving.
        now: the processing time, at which they count as crossed.
        placed: this batch's events, in order, to name the one that crossed.
    """
    use = line.term_at(now)
    if use is None:
        return []
    consumed, balance = line.measured(now)
    crossings = []
    past: _Past | None = None
    for aim in _aims(line, now):
        if not _reached(line, use, aim.threshold, consumed, balance, now):
            continue
        armed = line.armings.setdefault((use.id, aim.threshold), Armed())
        armed.fired = True
        past = past or _Past.of(line, placed)
        crossings.append(
            ThresholdCrossing(
                customer_id=line.customer_id,
                pool_id=line.pool_id,
                term_id=use.id or None,
                threshold=aim.threshold,
                arming=armed.arming,
                crossed_at=now,
                event_id=past.reached_by(aim),
                consumed=consumed,
                balance=balance,
            )
        )
    watch(line, now)
    return crossings


def rearm(line: Line, now: datetime) -> list[Arming]:
    """Arm again what a grant or a lifted cap has brought below its threshold (A2)."""
    use = line.term_at(now)
    if use is None:
        return []
    consumed, balance = line.measured(now)
    armings = []
    for (term_id, threshold), armed in line.armings.items():
        below = not _reached(line, use, threshold, consumed, balance, now)
        if term_id == use.id and armed.fired and below:
            armed.arming += 1
            armed.fired = False
            armings.append(
                Arming(
                    customer_id=line.customer_id,
                    pool_id=line.pool_id,
                    term_id=use.id or None,
                    threshold=threshold,
                    arming=armed.arming,
                    armed_at=now,
                )
            )
    return armings


def write(crossings: Collection[ThresholdCrossing], armings: Collection[Arming] = ()) -> None:
    """Write what was noticed, and leave letters about it in the outbox."""
    if armings:
        Arming.objects.bulk_create(armings)
    if crossings:
        made = list(crossings)
        _add(made, made[0].crossed_at)
        told = [crossing for crossing in made if crossing.threshold not in SILENT]
        alerts.announce(told, at=made[0].crossed_at)
        grace_ends.leave(made)
        top_up_needs.leave(made)


def _add(crossings: Sequence[ThresholdCrossing], at: datetime) -> None:
    """Write crossings of one instant, which get their numbers."""
    added = binary.rows(
        "ledger",
        "add_crossings",
        at=at,
        customers=binary.bigints([crossing.customer_id for crossing in crossings]),
        pools=binary.bigints([crossing.pool_id for crossing in crossings]),
        terms=binary.bigints([crossing.term_id or 0 for crossing in crossings]),
        thresholds=binary.texts([crossing.threshold.encode() for crossing in crossings]),
        armings=binary.bigints([crossing.arming for crossing in crossings]),
        events=binary.bigints([crossing.event_id or 0 for crossing in crossings]),
        consumed=binary.bigints([crossing.consumed for crossing in crossings]),
        balances=binary.bigints([crossing.balance for crossing in crossings]),
    )
    for crossing, (number,) in zip(crossings, added, strict=True):
        crossing.id = number


def _reached(
    line: Line, use: Term, threshold: str, consumed: int, balance: int, now: datetime
) -> bool:
    """Whether `threshold` is reached by these figures; where there was nothing, nothing is."""
    if threshold == grace_ends.BEGAN:
        return line.overage(use) > 0
    if threshold == grace_ends.USED_UP:
        return 0 < line.cap(use, now) <= line.overage(use)
    if threshold.startswith("OVERAGE_"):
        percent = int(threshold.removeprefix("OVERAGE_"))
        return line.overage(use) * 100 >= percent * line.cap(use, now)
    if consumed + balance == 0:
        return False
    if threshold == EXHAUSTED:
        return balance == 0
    if threshold == top_up_needs.TOP_UP:
        return balance < (line.rules.top_up_below or 0)
    return consumed * 100 >= int(threshold) * (consumed + balance)


@dataclass(frozen=True, slots=True)
class _Past:
    """What the lines came to, event by event: per line, of which events on and up to where."""

    line: Line
    ids: list[int]
    stands: dict[int, tuple[list[int], list[int]]]

    @staticmethod
    def of(line: Line, placed: Sequence[Placed]) -> _Past:
        """Of events in the order in which they were drawn."""
        stands = {
            course.number: ([-1], [course.drains[0].pos if course.drains else course.consumed])
            for course in line.courses
        }
        for place, (number, end, _) in enumerate(placed):
            if number != MOVED:
                stands[number][0].append(place)
                stands[number][1].append(end)
        return _Past(line, [event_id for _, _, event_id in placed], stands)

    def reached_by(self, aim: Aim) -> int | None:
        """The event with which an aim was reached; None if it was none of these."""
        found = bisect_left(range(len(self.ids)), True, key=lambda place: self._is_at(aim, place))
        return self.ids[found] if found < len(self.ids) else None

    def _is_at(self, aim: Aim, place: int) -> bool:
        if aim.counted is None:
            return self._stand(self.line, place) >= aim.position
        counted = sum(c.counted(self._stand(c, place)) for c in self.line.courses)
        return counted >= aim.counted

    def _stand(self, course: Course, place: int) -> int:
        places, ends = self.stands[course.number]
        return ends[bisect_right(places, place) - 1]


def _aims(line: Line, now: datetime) -> list[Aim]:
    """Every armed threshold with where it fires, in the order in which the general line comes to it.

    Drawing from blocks leaves consumed + balance as it is, so each percentage is one position; what
    is reached already has a position that is past. A pool that is only observed alerts nobody (S6).
    """
    use = line.term_at(now)
    if use is None or line.rules.enforcement == OBSERVE:
        return []
    consumed, balance = line.measured(now)
    # Where nothing is left of nothing used, the first credit of overage reaches them all.
    total = max(consumed + balance, 1)
    targets = [(str(percent), _ceil(percent * total, 100)) for percent in line.alerts]
    targets.append((EXHAUSTED, total))
    if line.rules.top_up_below is not None:
        targets.append((top_up_needs.TOP_UP, total - line.rules.top_up_below + 1))
    before = consumed - sum(_counted(course) for course in line.courses)
    beside = sum(_counted(scope) for scope in line.scopes)
    aims = [
        Aim(name, _position(line, target - before - beside), target - before)
        for name, target in targets
    ]
    aims += _overage_aims(line, use, now)
    armed = [aim for aim in aims if _is_armed(line, use, aim.threshold)]
    return sorted(armed, key=lambda aim: aim.position)


def _counted(course: Course) -> int:
    return course.counted(course.consumed)


def _overage_aims(line: Line, use: Term, now: datetime) -> list[Aim]:
    """Where overage of the term reaches a share of its cap; of a grace its beginning and its end."""
    cap = line.cap(use, now)
    if use.layer is None or cap <= 0:
        return []
    if use.graced:
        reached = [(grace_ends.BEGAN, 1), (grace_ends.USED_UP, cap)]
    else:
        reached = [(overage_name(p), _ceil(p * cap, 100)) for p in OVERAGE_PERCENTAGES]
    return [
        Aim(name, line.limit + amount - use.overage if amount > use.overage else line.consumed)
        for name, amount in reached
    ]


def _is_armed(line: Line, use: Term, threshold: str) -> bool:
    armed = line.armings.get((use.id, threshold))
    return armed is None or not armed.fired


def _position(line: Line, counted: int) -> int:
    """Where on the line so many counted credits will have been drawn in the running layout; the line's
    beginning where they have been already, whatever lies ahead."""
    if counted <= 0:
        return 0
    for segment in line.segments:
        if not segment.counts or segment.block is None:
            continue
        length = segment.pos_end - segment.pos
        if counted <= length:
            return segment.pos + counted
        counted -= length
    return line.limit + counted


def _ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
