"""Does the closing of accounting months: posts what waits, then shuts the month (Z1)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from creditops.lib import calendar
from creditops.lib.refusals import Refusal
from ledger import books, posting
from ledger.models import AccountingPeriod


def close_month(month: date, *, by: str, at: datetime) -> AccountingPeriod:
    """Close the month that begins on `month`: no entry is posted into it any more.

    The month's row is locked first, so usage on its way commits before or posts elsewhere; then all
    usage that waits is posted. Raises Refusal `period_closed` or `period_not_over`.
    """
    with transaction.atomic():
        AccountingPeriod.objects.bulk_create([AccountingPeriod(month=month)], ignore_conflicts=True)
        period = AccountingPeriod.objects.select_for_update().get(month=month)
        if period.state == AccountingPeriod.State.CLOSED:
            raise Refusal("period_closed", f"{period} is closed already, by {period.closed_by}.")
        if calendar.add_months(month, 1) > books.date_of(at, books.current(at)):
            raise Refusal("period_not_over", f"{period} is not over yet. Close it when it is.")
        posting.run(at)
        period.state = AccountingPeriod.State.CLOSED
        period.closed_at = at
        period.closed_by = by
        period.save(update_fields=["state", "closed_at", "closed_by"])
    return period
