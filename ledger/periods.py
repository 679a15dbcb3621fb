"""Answers on which date something posts: its own, unless that month is closed (T7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from creditops.lib import calendar
from ledger.models import AccountingPeriod


class Months:
    """The accounting months of one piece of work, locked so that none closes under it."""

    def __init__(self, dates: Iterable[date], *, received_on: date) -> None:
        """Lock the months of these dates, and of `received_on`, in share mode until the commit.

        A close waits for us, and we see what is closed: rows exist before they are locked, or a
        close could slip in between.
        """
        months = sorted({calendar.month_start(day) for day in (*dates, received_on)})
        rows = _lock_in_share_mode(months)
        if len(rows) < len(months):
            AccountingPeriod.objects.bulk_create(
                [AccountingPeriod(month=month) for month in months], ignore_conflicts=True
            )
            rows = _lock_in_share_mode(months)
        closed = AccountingPeriod.State.CLOSED
        self._closed = {row.month for row in rows if row.state == closed}
        self._received_on = received_on

    @classmethod
    def every_open(cls, *, received_on: date) -> Months:
        """All months that are open, locked in share mode: for work that learns its dates later."""
        months = cls([], received_on=received_on)
        closed = AccountingPeriod.State.CLOSED
        list(
            AccountingPeriod.objects.raw(
                "SELECT id, month, state FROM ledger_accountingperiod WHERE state <> %s"
                " ORDER BY month FOR SHARE",
                [closed],
            )
        )
        months._closed = set(
            AccountingPeriod.objects.filter(state=closed).values_list("month", flat=True)
        )
        return months

    def is_closed(self, day: date) -> bool:
        """Whether the month of a day is closed."""
        return bool(self._closed) and calendar.month_start(day) in self._closed

    def posting_date(self, economic: date) -> date:
        """The date itself; the date of receipt if its month is closed (T7)."""
        return self._received_on if self.is_closed(economic) else economic


def _lock_in_share_mode(months: list[date]) -> list[AccountingPeriod]:
    return list(
        AccountingPeriod.objects.raw(
            "SELECT id, month, state FROM ledger_accountingperiod"
            " WHERE month = ANY (%s) ORDER BY month FOR SHARE",
            [months],
        )
    )
