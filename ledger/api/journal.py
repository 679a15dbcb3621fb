"""`/journal`: double entry."""

from __future__ import annotations

from datetime import date
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
from ledger import posting, signing
from ledger.models import JournalLine


class JournalQuery(Paged):
    """Which lines."""

    period = Text(required=False, help_text="a month, YYYY-MM")
    account = Text(required=False, help_text="the number of an account")
    customer = Text(required=False)


class JournalLineShown(TypedDict):
    """A line of a journal entry, with its entry; a draft as long as the books are not signed."""

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
    status: Annotated[str, shapes.one_of([signing.DRAFT, signing.POSTED])]


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
        now = clock.now()
        posting.run(now)
        status = signing.state(now)
        return Response(pages.page(rows, query, lambda line: _shown_line(line, status)))


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Refusal(
            "period_invalid", "Write a period as YYYY-MM, like 2026-01.", unreadable=True
        ) from error


def _shown_line(line: JournalLine, status: str) -> JournalLineShown:
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
        "status": status,
    }
