"""Does the closing of accounting months: open, closing, closed, and open again by two persons (Z1).

Every step is an act that stays. A close posts what waits, keeps the checksum of the month's entries and
lets no other in; `verify` compares them for ever after (invariant 11). What has to be looked at before
stands on the checklist of the roof (creditops/close); what was looked at stays here as marks.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from creditops.lib import approvals, calendar, sql
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from ledger import books, posting, signing
from ledger.models import AccountingPeriod, CloseMark, PeriodAct

# The kind of request by which opening a closed month again is asked for; a trigger knows it too.
REOPEN = "period.reopen"


def find(month: date) -> AccountingPeriod:
    """The month that begins on `month`. Raises NotFound where nothing was ever done in it."""
    found: AccountingPeriod | None = AccountingPeriod.objects.filter(month=month).first()
    if found is None:
        raise NotFound("period", f"{month:%Y-%m}")
    return found


def begin(month: date, *, by: str, at: datetime) -> AccountingPeriod:
    """Begin to close a month: everybody sees that it is worked on, and what waits is posted. It still
    takes entries: what the checklist finds is put right in it.

    Raises Refusal `books_not_signed`, `period_closed`, `period_closing` or `period_not_over`.
    """
    with transaction.atomic():
        period = _to_be_closed(month, at)
        if period.state == AccountingPeriod.State.CLOSING:
            raise Refusal("period_closing", f"{period} is being closed already.")
        posting.run(at)
        _act(period, PeriodAct.Act.BEGIN, by=by, at=at)
        period.state = AccountingPeriod.State.CLOSING
        period.save(update_fields=["state"])
    return period


def close_month(month: date, *, by: str, at: datetime, reason: str = "") -> AccountingPeriod:
    """Close the month that begins on `month`: no entry is posted into it any more.

    The month's row is locked first, so usage on its way commits before or posts elsewhere; then all
    usage that waits is posted. Raises Refusal `books_not_signed`, `period_closed` or `period_not_over`.
    """
    with transaction.atomic():
        period = _to_be_closed(month, at)
        posting.run(at)
        [(entries, checksum)] = sql.rows("ledger", "month_checksum", month=month)
        _act(
            period, PeriodAct.Act.CLOSE, by=by, at=at, reason=reason, entries=entries,
            checksum=checksum,
        )  # fmt: skip
        period.state = AccountingPeriod.State.CLOSED
        period.closed_at = at
        period.closed_by = by
        period.save(update_fields=["state", "closed_at", "closed_by"])
    return period


def check_closable(month: date, *, at: datetime) -> None:
    """Refuse what no reason helps against, before anything else is looked at.

    Raises Refusal `books_not_signed`, `period_closed` or `period_not_over`.
    """
    with transaction.atomic():
        _to_be_closed(month, at)


def mark(month: date, point: str, *, stood: str, by: str, reason: str, at: datetime) -> CloseMark:
    """Let a month close with an open point of its checklist, as it stands, for a reason.

    Raises Refusal `reason_missing` or `period_closed`.
    """
    if not reason.strip():
        raise Refusal("reason_missing", "Say why the month may close with this.")
    with transaction.atomic():
        period = _locked(month)
        if period.state == AccountingPeriod.State.CLOSED:
            raise _closed(period)
        made: CloseMark = CloseMark.objects.create(
            period=period, point=point, stood=stood, reason=reason, marked_by=by, marked_at=at
        )
    return made


def marks(month: date) -> dict[str, CloseMark]:
    """The newest mark of each point since the month was last opened."""
    since = PeriodAct.objects.filter(period__month=month, act=PeriodAct.Act.REOPEN).last()
    rows = CloseMark.objects.filter(period__month=month)
    if since is not None:
        rows = rows.filter(marked_at__gte=since.done_at)
    return {row.point: row for row in rows.order_by("id")}


def request_reopening(month: date, *, by: str, reason: str, at: datetime) -> Approval:
    """Ask for a closed month to be opened again; another person has to agree.

    Raises Refusal `period_not_closed` or `reason_missing`.
    """
    period = find(month)
    _check_closed(period)
    if not reason.strip():
        raise Refusal("reason_missing", "Say why the month has to be opened again.")
    return approvals.request(
        kind=REOPEN,
        subject=str(period),
        summary=f"Open {period} again, which {period.closed_by} closed.",
        content={"month": month.isoformat(), "reason": reason},
        by=by,
        at=at,
    )


def reopen_approved(asked: Approval, *, by: str, at: datetime) -> AccountingPeriod:
    """Open the month again that an approved request names.

    Raises Refusal `period_not_closed`, `reopening_not_approved`.
    """
    if asked.kind != REOPEN or asked.state != Approval.State.APPROVED:
        raise Refusal("reopening_not_approved", "A second person has to agree first.")
    with transaction.atomic():
        period = _locked(date.fromisoformat(asked.content["month"]))
        _check_closed(period)
        _act(
            period, PeriodAct.Act.REOPEN, by=by, at=at, reason=asked.content["reason"],
            approval=asked,
        )  # fmt: skip
        period.state = AccountingPeriod.State.OPEN
        period.closed_at = None
        period.closed_by = ""
        period.save(update_fields=["state", "closed_at", "closed_by"])
    return period


def _to_be_closed(month: date, at: datetime) -> AccountingPeriod:
    """The month's row, locked, if it may be closed."""
    signing.check(at)
    period = _locked(month)
    if period.state == AccountingPeriod.State.CLOSED:
        raise _closed(period)
    if calendar.add_months(month, 1) > books.date_of(at, books.current(at)):
        raise Refusal("period_not_over", f"{period} is not over yet. Close it when it is.")
    return period


def _locked(month: date) -> AccountingPeriod:
    AccountingPeriod.objects.bulk_create([AccountingPeriod(month=month)], ignore_conflicts=True)
    return AccountingPeriod.objects.select_for_update().get(month=month)


def _act(
    period: AccountingPeriod,
    act: PeriodAct.Act,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    entries: int | None = None,
    checksum: str = "",
    approval: Approval | None = None,
) -> None:
    PeriodAct.objects.create(
        period=period,
        no=period.acts.count() + 1,
        act=act,
        done_at=at,
        done_by=by,
        reason=reason,
        entries=entries,
        checksum=checksum,
        approval=approval,
    )


def _closed(period: AccountingPeriod) -> Refusal:
    return Refusal("period_closed", f"{period} is closed already, by {period.closed_by}.")


def _check_closed(period: AccountingPeriod) -> None:
    if period.state != AccountingPeriod.State.CLOSED:
        raise Refusal("period_not_closed", f"{period} is not closed: nothing has to be opened.")
