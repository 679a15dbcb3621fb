"""Does what is due: time-driven work in order, each piece once, with the clock at its own instant.

Work is planned as rows (`plan`); the roof says which function does which kind (`handle`); `run`
does everything up to an instant. Correctness never depends on how often `run` is called: forty days
late it does the same work, in the same order, as forty daily runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.db.models import Min

from creditops.lib.models import DueRow
from creditops.lib.sql import statement

# The inner order of work at one instant: what ends comes before what begins.
MONTH_END = 10
TERM_END = 20
EXPIRY = 30
START = 40
BILLING = 50
NOTICE = 60

# A handler does one piece of work: (subject, the instant it was due, the instant to record).
Handler = Callable[[str, datetime, datetime], None]

_handlers: dict[str, Handler] = {}
_deciding: set[str] = set()

# How often `catch_up` waits for what another runner has begun.
_WAITS = 5


@dataclass
class Report:
    """What a run did: how many pieces, and which failed with what message."""

    done: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


def handle(kind: str, handler: Handler, *, decides: bool = False) -> None:
    """Say at start which function does work of `kind`.

    Args:
        decides: whether it changes what a customer may use (a term begins or ends), so that usage
            after its instant can't be judged before it is done.
    """
    _handlers[kind] = handler
    if decides:
        _deciding.add(kind)


def deciding_kinds() -> list[str]:
    """The kinds of work that decide what a customer may use, in order of their names."""
    return sorted(_deciding)


def plan(
    kind: str, subject: str, due_at: datetime, *, rank: int, group: str, again: bool = False
) -> None:
    """Remember that work of `kind` on `subject` is due at `due_at`; a second time changes nothing.

    Args:
        kind: which work, as the roof handles it.
        subject: what it works on, as the handler reads it.
        due_at: when; the handler's clock stands there.
        rank: one of the constants above, the order at one instant.
        group: work of one group is done in order; a customer's code.
        again: the work looks at how things stand, which has changed: what was done at this very instant
            is done once more.
    """
    plan_all(kind, [Piece(subject, due_at, group)], rank=rank)
    if again:
        same = DueRow.objects.filter(kind=kind, subject=subject, due_at=due_at)
        same.filter(done_at__isnull=False).update(done_at=None)


@dataclass(frozen=True)
class Piece:
    """What a piece of work is about, when it is due, and in which group it is done in order."""

    subject: str
    due_at: datetime
    group: str


def plan_all(kind: str, pieces: Iterable[Piece], *, rank: int) -> None:
    """The same as `plan` for many pieces of one kind; one statement."""
    DueRow.objects.bulk_create(
        [
            DueRow(kind=kind, subject=p.subject, due_at=p.due_at, rank=rank, group=p.group)
            for p in pieces
        ],
        ignore_conflicts=True,
    )


def run(
    until: datetime,
    *,
    now: datetime | None = None,
    groups: Collection[str] | None = None,
    progress: Callable[[DueRow], None] | None = None,
) -> Report:
    """Do all work due at or before `until`, in order.

    Args:
        until: the last instant to do work for.
        now: the instant to record; work is recorded at the later of its due instant and `now`.
            None where the clock is simulated: then at its due instant.
        groups: only work of these groups; None for all.
        progress: called with each row that was done.

    Returns what was done. A piece that fails is rolled back, noted on its row, and stops its group
    for this run; the others go on.
    """
    report = Report()
    parked: set[str] = set()
    while True:
        with transaction.atomic():
            row = _claim(until, groups, parked)
            if row is None:
                return report
            if _attempt(row, now, report):
                if progress:
                    progress(row)
            else:
                parked.add(row.group)


def catch_up(groups: Collection[str], at: datetime) -> dict[str, datetime]:
    """Do what is due for these groups at `at`, now, since something has to be decided by it.

    Waits for what another runner has begun; call it outside a transaction that holds locks.

    Returns per group the instant of the earliest work that decides what may be used and still waits:
    it failed, is held up by work before it that failed, or by a runner that takes too long.
    """
    for _ in range(_WAITS):
        report = run(at, now=at, groups=groups)
        waiting = _deciding_rows(groups, at)
        if not waiting or report.failed or not _others_are_done(groups, at):
            return waiting
    return waiting


def _deciding_rows(groups: Collection[str], at: datetime) -> dict[str, datetime]:
    rows = DueRow.objects.filter(
        done_at__isnull=True, due_at__lte=at, group__in=groups, kind__in=_deciding
    )
    return dict(rows.order_by().values_list("group").annotate(earliest=Min("due_at")))


def _others_are_done(groups: Collection[str], at: datetime) -> bool:
    """Wait for the runners that have claimed rows of these groups; False if that takes too long."""
    waiting = DueRow.objects.filter(done_at__isnull=True, due_at__lte=at, group__in=groups)
    try:
        with transaction.atomic():
            list(waiting.order_by("id").select_for_update().values_list("id"))
    except OperationalError:  # lock_timeout
        return False
    return True


def _attempt(row: DueRow, now: datetime | None, report: Report) -> bool:
    """Do one claimed piece inside a savepoint; on a failure note it on the row."""
    recorded_at = row.due_at if now is None else max(row.due_at, now)
    try:
        with transaction.atomic():
            _handlers[row.kind](row.subject, row.due_at, recorded_at)
    except Exception as error:  # any failure of one group must not stop the others
        row.failures += 1
        row.error = f"{type(error).__name__}: {error}"
        row.save(update_fields=["failures", "error"])
        report.failed.append((str(row), row.error))
        return False
    row.done_at = recorded_at
    row.error = ""
    row.save(update_fields=["done_at", "error"])
    report.done += 1
    return True


def _claim(until: datetime, groups: Collection[str] | None, parked: set[str]) -> DueRow | None:
    """Lock the next waiting row whose group has nothing earlier waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("creditops.lib", "claim_due_row"),
            {
                "until": until,
                "groups": None if groups is None else list(groups),
                "parked": list(parked),
            },
        )
        found = cursor.fetchone()
    return None if found is None else DueRow.objects.get(id=found[0])
