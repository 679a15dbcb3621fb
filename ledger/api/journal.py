"""`/journal` and `/periods`: double entry, and the closing of months."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.lib import calendar, clock, money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Paged, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import Refusal
from ledger import closing, posting
from ledger.models import AccountingPeriod, JournalLine


class JournalQuery(Paged):
    """Which lines."""

    period = Text(required=False, help_text="a month, YYYY-MM")
    account = Text(required=False, help_text="the number of an account")
    customer = Text(required=False)


class JournalLineShown(TypedDict):
    """A line of a journal entry, with its entry."""

    id: str
    entry: str
    posting_date: shapes.Day
    recipe: str
    memo: str
    source: str
    customer: str | None
    account: str
    account_name: str
    debit: shapes.Money
    credit: shapes.Money
    currency: shapes.Currency
    recorded_at: shapes.Instant


class PeriodShown(TypedDict):
    """An accounting month."""

    period: str
    state: Annotated[str, shapes.one_of(AccountingPeriod.State.values)]
    closed_at: shapes.Instant | None
    closed_by: str | None


class Journal(ApiView):
    """The journal."""

    @Operation(
        scope=Scope.LEDGER_READ,
        vendors_own=True,
        query=JournalQuery,
        answers=Page[JournalLineShown],
        unreadable=("period_invalid",),
    )
    def get(self, request: Request) -> Response:
        """List journal lines, newest first. Usage that waits is posted first."""
        query = self.query
        rows = JournalLine.objects.select_related("entry__customer", "account")
        if "period" in query:
            month = _month(query["period"])
            after = calendar.add_months(month, 1)
            rows = rows.filter(entry__posting_date__gte=month, entry__posting_date__lt=after)
        if "account" in query:
            rows = rows.filter(account__code=query["account"])
        if "customer" in query:
            rows = rows.filter(entry__customer=self.customer(query["customer"]))
        posting.run(clock.now())
        return Response(pages.page(rows, query, _shown_line))


class Periods(ApiView):
    """Accounting months."""

    @Operation(scope=Scope.LEDGER_READ, vendors_own=True, query=Paged, answers=Page[PeriodShown])
    def get(self, request: Request) -> Response:
        """List accounting months, those used last first."""
        return Response(pages.page(AccountingPeriod.objects.all(), self.query, _shown_period))


class PeriodClose(ApiView):
    """Close a month."""

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        answers=PeriodShown,
        refuses=("period_closed", "period_not_over"),
        unreadable=("period_invalid",),
    )
    def post(self, request: Request, period: str) -> Response:
        """Close a month. Usage that waits is posted, then the month takes no entry any more."""
        self.given()
        month = _month(period)

        def close(at: datetime) -> PeriodShown:
            return _shown_period(closing.close_month(month, by=self.by, at=at))

        return self.once(close)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Refusal(
            "period_invalid", "Write a period as YYYY-MM, like 2026-01.", unreadable=True
        ) from error


def _shown_line(line: JournalLine) -> JournalLineShown:
    entry = line.entry
    return {
        "id": str(line.pk),
        "entry": str(entry.pk),
        "posting_date": entry.posting_date.isoformat(),
        "recipe": entry.recipe,
        "memo": entry.memo,
        "source": entry.source,
        "customer": entry.customer.code if entry.customer else None,
        "account": line.account.code,
        "account_name": line.account.name,
        "debit": money.text(line.debit_minor, line.currency),
        "credit": money.text(line.credit_minor, line.currency),
        "currency": line.currency,
        "recorded_at": written(entry.recorded_at),
    }


def _shown_period(period: AccountingPeriod) -> PeriodShown:
    return {
        "period": str(period),
        "state": period.state,
        "closed_at": written(period.closed_at) if period.closed_at else None,
        "closed_by": period.closed_by or None,
    }
