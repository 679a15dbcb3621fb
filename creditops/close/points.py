"""Answers with the checklist of a month: each point met, open, or looked at by somebody (Z1).

What is open stops the close until a person lets it pass with a reason; the mark holds for the figures that
were seen, so that a point which changes has to be looked at again. Notes stop nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Q, Subquery

from contracts.models import ScheduledCharge
from creditops.close import reconciliations
from creditops.close.reconciliations import Reconciliation
from creditops.lib import calendar
from creditops.lib.admin_columns import amount
from creditops.lib.models import DueRow
from ledger import books, breakage, closing, exceptions, expiry, posting, signing
from ledger.models import (
    AccountingPeriod,
    Block,
    BreakageEstimate,
    CloseMark,
    JournalEntry,
)

_EXPIRING_DAYS = 30


class State(enum.Enum):
    """How a point stands. `NOTE` needs nobody; `STOP` no reason helps against."""

    MET = "met"
    OPEN = "open"
    PASSED = "let pass"
    NOTE = "note"
    STOP = "not possible"


@dataclass(frozen=True)
class Point:
    """A point of the checklist: what is asked, how it stands in figures, and who let it pass."""

    code: str
    title: str
    stood: str
    state: State
    mark: CloseMark | None = None


@dataclass(frozen=True)
class Checklist:
    """A month's points and reconciliations, as they stand at an instant."""

    month: date
    last: date
    state: str
    points: list[Point]
    reconciled: list[Reconciliation]

    @property
    def open(self) -> list[Point]:
        """The points that stop the close."""
        return [point for point in self.points if point.state in (State.OPEN, State.STOP)]


def of(month: date, *, at: datetime) -> Checklist:
    """The checklist of the month that begins on `month`, at `at`."""
    current = books.current(at)
    after = calendar.add_months(month, 1)
    last = after - timedelta(days=1)
    end = end_of(month, at)
    reconciled = reconciliations.of(month, last, known_at=at)
    found = [
        _signed(at),
        _over(after, at),
        _earlier(month),
        _exceptions(end),
        _due(end),
        _posted(),
        _unbilled(end),
        _estimates(month, end, current.time_zone),
        *(_reconciled(each, current.currency) for each in reconciled),
        _backdated(month, last),
        _expiring(end),
    ]
    marks = closing.marks(month)
    period = AccountingPeriod.objects.filter(month=month).first()
    state = AccountingPeriod.State.OPEN if period is None else period.state
    return Checklist(month, last, state, [_looked_at(point, marks) for point in found], reconciled)


def end_of(month: date, at: datetime) -> datetime:
    """The instant with which a month ends, in the books' zone."""
    zone = books.current(at).time_zone
    return calendar.local_midnight(calendar.add_months(month, 1), zone)


def _looked_at(point: Point, marks: Mapping[str, CloseMark]) -> Point:
    mark = marks.get(point.code)
    if point.state is not State.OPEN or mark is None or mark.stood != point.stood:
        return point
    return Point(point.code, point.title, point.stood, State.PASSED, mark)


def _point(code: str, title: str, stood: str, *, met: bool) -> Point:
    return Point(code, title, stood, State.MET if met else State.OPEN)


def _counted(number: int, one: str, many: str, *, none: str) -> str:
    """How many of something there are, as a sentence that fits the number."""
    return f"{number:,} {one if number == 1 else many}" if number else none


def _signed(at: datetime) -> Point:
    found = signing.signature(at)
    if found is None:
        return Point("signed", "Recognition is signed", "nobody signed it yet", State.STOP)
    said = f"{' and '.join(found.names)}, {found.signed_on}: {found.document}"
    return Point("signed", "Recognition is signed", said[:300], State.MET)


def _over(after: date, at: datetime) -> Point:
    over = after <= books.date_of(at, books.current(at))
    said = "it ended" if over else f"it ends when {after} begins"
    return Point("over", "The month is over", said, State.MET if over else State.STOP)


def _earlier(month: date) -> Point:
    closed = AccountingPeriod.State.CLOSED
    waiting = AccountingPeriod.objects.filter(month__lt=month).exclude(state=closed)
    with_entries = [
        f"{period}"
        for period in waiting.order_by("month")
        if JournalEntry.objects.filter(
            posting_date__gte=period.month, posting_date__lt=calendar.add_months(period.month, 1)
        ).exists()
    ]
    said = (
        f"open with entries: {', '.join(with_entries[-12:])}" if with_entries else "all are closed"
    )
    state = State.NOTE if with_entries else State.MET
    return Point("earlier", "Months before it are closed", said, state)


def _exceptions(end: datetime) -> Point:
    waiting = exceptions.waiting().filter(
        Q(event_time__lt=end) | Q(event_time__isnull=True, received_at__lt=end)
    )
    number = waiting.count()
    said = _counted(
        number,
        "message of the month or before waits for somebody",
        "messages of the month or before wait for somebody",
        none="none waits",
    )
    return _point("exceptions", "No exceptions wait", said, met=not number)


def _due(end: datetime) -> Point:
    waiting = DueRow.objects.filter(done_at__isnull=True, due_at__lte=end)
    number, failed = waiting.count(), waiting.exclude(error="").count()
    said = _counted(number, "piece of work waits", "pieces of work wait", none="all is done")
    said += f", {failed:,} failed" if failed else ""
    return _point("schedules", "Scheduled work of the month is done", said, met=not number)


def _posted() -> Point:
    number = posting.waiting().count()
    said = _counted(
        number,
        "pool has usage that the close will post",
        "pools have usage that the close will post",
        none="all is posted",
    )
    return Point("posted", "Usage is posted", said, State.NOTE if number else State.MET)


def _unbilled(end: datetime) -> Point:
    waiting = ScheduledCharge.objects.filter(
        issue_at__lt=end, line__isnull=True, amount_minor__gt=0
    )
    number = waiting.count()
    said = _counted(
        number,
        "charge was to be billed by then",
        "charges were to be billed by then",
        none="all is billed",
    )
    return _point("unbilled_charges", "What was to be billed is billed", said, met=not number)


def _estimates(month: date, end: datetime, zone: str) -> Point:
    """Blocks that earn in proportion to use, and have no estimate made or looked at since the month began."""
    newest = BreakageEstimate.objects.filter(
        customer_id=OuterRef("customer_id"), block_id=OuterRef("id")
    ).order_by("-no")
    begun = calendar.local_midnight(month, zone)
    blocks = Block.objects.filter(
        breakage=breakage.PROPORTIONAL, state__open=True, effective_at__lt=end
    ).annotate(estimated=Subquery(newest.values("recorded_at")[:1]))
    number = blocks.filter(Q(estimated__isnull=True) | Q(estimated__lt=begun)).count()
    said = _counted(
        number,
        "block earns by an estimate that nobody reviewed this month",
        "blocks earn by an estimate that nobody reviewed this month",
        none="nothing waits for a review",
    )
    return _point("estimates", "Estimates of breakage are reviewed", said, met=not number)


def _reconciled(found: Reconciliation, currency: str) -> Point:
    def said(number: int) -> str:
        return amount(number, currency) if found.is_money else f"{number:,}"

    told = f"{found.account}: {said(found.ledger)}; {found.rows_say}: {said(found.rows)}"
    if found.difference:
        told += f"; they differ by {said(found.difference)}"
    return _point(found.code, found.title, told, met=not found.difference)


def _backdated(month: date, last: date) -> Point:
    number = JournalEntry.objects.filter(
        posting_date__range=(month, last), prior_period=True
    ).count()
    said = _counted(
        number, "entry is about months before", "entries are about months before", none="none"
    )
    return Point("prior_period", "Entries about earlier months", said, State.NOTE)


def _expiring(end: datetime) -> Point:
    soon = Block.objects.filter(
        kind__in=expiry.ROLLING_KINDS, state__open=True,
        state__until__gte=end, state__until__lt=end + timedelta(days=_EXPIRING_DAYS),
    )  # fmt: skip
    return Point(
        "expiring", f"Credits that end within {_EXPIRING_DAYS} days after it",
        _counted(soon.count(), "block", "blocks", none="none"), State.NOTE,
    )  # fmt: skip
