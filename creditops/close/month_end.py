"""Does the close of a month with its checklist: what is open stops it, unless somebody let it pass (Z1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from creditops import schedule
from creditops.close import points
from creditops.close.points import Checklist, State
from creditops.lib.refusals import Problem, Refusal
from ledger import closing, posting
from ledger.models import AccountingPeriod, CloseMark

ALL = "*"


def let_pass(month: date, point: str, *, by: str, reason: str, at: datetime) -> CloseMark:
    """Let a month close with an open point of its checklist, as it stands now.

    Raises Refusal `point_not_open`, or what `closing.mark` does.
    """
    found = next((p for p in points.of(month, at=at).points if p.code == point), None)
    if found is None or found.state is not State.OPEN:
        raise Refusal(
            "point_not_open", "This point of the checklist is not open: nothing has to pass."
        )
    return closing.mark(month, point, stood=found.stood, by=by, reason=reason, at=at)


def close(
    month: date,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    let_pass: Mapping[str, str] | None = None,
    due_first: bool = True,
) -> AccountingPeriod:
    """Close a month whose checklist has nothing open.

    Args:
        due_first: do what was due until the month's end before; else it is a point of the checklist.
        let_pass: point of the checklist -> the reason for which it may stay open; `*` stands for all.

    Raises Refusal `close_checklist_open`, naming every open point, or what `closing.close_month` does.
    """
    if due_first:
        schedule.run_due(min(points.end_of(month, at), at))
    with transaction.atomic():
        posting.run(at)
        closing.check_closable(month, at=at)
        found = points.of(month, at=at)
        passed = dict(let_pass or {})
        for point in found.open:
            why = passed.get(point.code) or passed.get(ALL)
            if why and point.state is State.OPEN:
                closing.mark(month, point.code, stood=point.stood, by=by, reason=why, at=at)
        left = [p for p in found.open if not (passed.get(p.code) or passed.get(ALL))]
        _check(found, [p for p in left if p.state is State.OPEN])
        return closing.close_month(month, by=by, at=at, reason=reason)


def _check(found: Checklist, left: list[points.Point]) -> None:
    if not left:
        return
    raise Refusal(
        "close_checklist_open",
        f"{found.month:%Y-%m} has open points: "
        + " ".join(f"{point.title}: {point.stood}." for point in left)
        + " Put them right, or let them pass with a reason.",
        problems=[Problem(point.code, "open", point.stood) for point in left],
    )
