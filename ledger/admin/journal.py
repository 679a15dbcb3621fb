"""The staff's pages of the journal: entries with their lines, accounts, months."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import TextFilter

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib import calendar
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, count, instant, link, named, of_money
from creditops.lib.admin_tables import Listing
from ledger import evidence, signing
from ledger.models import (
    Account,
    AccountingPeriod,
    AccountMapping,
    Block,
    BookSettings,
    CloseMark,
    JournalEntry,
    JournalLine,
    Move,
    PeriodAct,
)

# Below an account or a month: the list of entries shows them all.
ENTRIES_SHOWN = 25

_HEADS = ("Date", "Entry", "Account", "#Debit", "#Credit")


def lines_of(
    entries: Iterable[JournalEntry], *, title: str, empty: str = "Nothing yet."
) -> Listing:
    """Entries as an accountant reads them: each line, and what debits and credits come to.

    Args:
        entries: with `lines__account` fetched.
        title, empty: of the table.
    """
    rows: list[tuple[str, ...]] = []
    totals: dict[str, list[int]] = {}
    for entry in entries:
        for no, line in enumerate(entry.lines.all()):
            rows.append(
                (
                    "" if no else f"{entry.posting_date}",
                    "" if no else link(entry, entry.memo),
                    link(line.account),
                    amount(line.debit_minor, line.currency) if line.debit_minor else "",
                    amount(line.credit_minor, line.currency) if line.credit_minor else "",
                )
            )
            both = totals.setdefault(line.currency, [0, 0])
            both[0] += line.debit_minor
            both[1] += line.credit_minor
    sums: tuple[str, ...] = ()
    if len(totals) == 1:
        ((currency, (debit, credit)),) = totals.items()
        sums = ("Total", "", "", amount(debit, currency), amount(credit, currency))
    return Listing(title, _HEADS, rows, sums, empty)


def _newest(entries: QuerySet[JournalEntry]) -> Listing:
    newest = entries.order_by("-posting_date", "-id").prefetch_related("lines__account")
    return lines_of(newest[:ENTRIES_SHOWN], title=f"Newest entries, at most {ENTRIES_SHOWN}")


class AccountFilter(TextFilter):  # type: ignore[misc]  # Unfold has no types
    """Entries that touch an account, by its code."""

    title = "account"
    parameter_name = "account"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Entries with a line on the account."""
        code = (self.value() or "").strip()
        if not code:
            return queryset
        lines = JournalLine.objects.filter(account__code=code)
        if queryset.model is JournalLine:
            return queryset.filter(account__code=code)
        return queryset.filter(pk__in=lines.values("entry_id"))


class DraftsAdmin(ReadOnlyAdmin):
    """Pages of the journal say so as long as the books are not signed (S71)."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, under the warning."""
        _warn(request)
        return super().changelist_view(request, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One row, under the warning."""
        _warn(request)
        response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return response


def _warn(request: HttpRequest) -> None:
    said = signing.warning()
    if said:
        messages.warning(request, said)


@admin.register(JournalEntry)
class JournalEntryAdmin(CustomerRows, DraftsAdmin):
    """Balanced postings, each by a recipe of docs/ledger.md."""

    named_by = ("customer",)
    list_display = (
        "posting_date", "recipe", "memo", "customer",
        named("total_figure", "Amount", lambda entry: amount(*entry.total)),
        "prior_period", "recorded_at",
    )  # fmt: skip
    fields = (
        "posting_date", "recipe", "memo", "customer", "holder", "prior_period", "source",
        "recorded_at",
    )  # fmt: skip
    list_filter = ("posting_date", CustomerFilter, AccountFilter, "recipe", "prior_period")
    search_fields = ("memo", "source")
    ordering = ("-posting_date", "-id")

    def fetch(self, rows: Sequence[Any]) -> None:
        """With what the debits of each come to."""
        super().fetch(rows)
        lines = JournalLine.objects.filter(entry__in=[row.pk for row in rows]).order_by()
        totals = {
            entry: (debit, currency)
            for entry, currency, debit in lines.values_list("entry", "currency").annotate(
                debit=Sum("debit_minor")
            )
        }
        for row in rows:
            row.total = totals[row.pk]

    def tables(self, row: JournalEntry) -> list[Listing]:
        """Its lines and their sums."""
        entry = JournalEntry.objects.prefetch_related("lines__account").get(pk=row.pk)
        return [lines_of([entry], title="Lines"), *_behind(entry)]


def _behind(entry: JournalEntry) -> list[Listing]:
    """The draws and events that an entry of usage was posted from (S73)."""
    pieces = evidence.pieces(entry)
    if not pieces or entry.customer_id is None:
        return []
    blocks = Block.objects.filter(customer_id=entry.customer_id).in_bulk(
        {piece.block_id for piece in pieces if piece.block_id is not None}
    )
    currency = entry.lines.all()[0].currency
    draws = [
        (
            Move.Type(piece.type).label,
            "overage" if piece.block_id is None else link(blocks[piece.block_id]),
            instant(piece.time_min),
            count(piece.credits),
            amount(piece.value_minor, currency),
        )
        for piece in pieces
    ]
    events = [
        (link(event), instant(event.event_time), str(event.meter), count(event.credits))
        for event in evidence.events(entry)
    ]
    return [
        Listing(f"Drawdown behind it, at most {evidence.SHOWN}",
                ("What", "Block", "From", "#Credits", "#Value"), draws),
        Listing(f"Events behind it, at most {evidence.SHOWN}",
                ("Event", "Time", "Meter", "#Credits"), events),
    ]  # fmt: skip


@admin.register(JournalLine)
class JournalLineAdmin(CustomerRows, DraftsAdmin):
    """The sides of all entries."""

    customer = "entry__customer"
    named_by = ("entry", "account")
    list_display = (
        "__str__", "entry", "account", of_money("debit_minor"), of_money("credit_minor"), "currency",
    )  # fmt: skip
    list_filter = (CustomerFilter, AccountFilter)
    ordering = ("-entry_id", "id")


@admin.register(Account)
class AccountAdmin(DraftsAdmin):
    """The chart of book-keeping accounts, with what stands on each."""

    list_display = (
        "code", "name", "type",
        named("balance_figure", "Debit less credit", lambda a: amount(a.net, a.currency or "USD")),
    )  # fmt: skip
    list_filter = ("type",)
    search_fields = ("code", "name")
    ordering = ("code",)

    def tables(self, row: Account) -> list[Listing]:
        """What other systems call it, and the newest entries that touch it."""
        elsewhere = [(each.get_system_display(), each.code) for each in row.mappings.all()]
        names = Listing("In other systems", ("System", "Code"), elsewhere, empty="Not mapped.")
        return [names, _newest(JournalEntry.objects.filter(lines__account=row).distinct())]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their balances."""
        accounts: QuerySet[Any] = super().get_queryset(request)
        found: QuerySet[Any] = accounts.annotate(
            net=Sum(F("lines__debit_minor") - F("lines__credit_minor")),
            currency=Max("lines__currency"),
        )
        return found


@admin.register(AccountingPeriod)
class AccountingPeriodAdmin(DraftsAdmin):
    """Months of the books."""

    list_display = ("__str__", "state", "closed_at", "closed_by")
    list_filter = ("state",)
    ordering = ("-month",)

    def tables(self, row: AccountingPeriod) -> list[Listing]:
        """The newest entries of the month."""
        after = calendar.add_months(row.month, 1)
        return [
            _newest(
                JournalEntry.objects.filter(posting_date__gte=row.month, posting_date__lt=after)
            )
        ]


@admin.register(PeriodAct)
class PeriodActAdmin(ReadOnlyAdmin):
    """What was done with months, by whom, and the checksums of closed ones."""

    named_by = ("period",)
    list_display = ("__str__", "period", "no", "act", "done_at", "done_by", "entries", "checksum")
    list_filter = ("act",)
    ordering = ("-id",)


@admin.register(CloseMark)
class CloseMarkAdmin(ReadOnlyAdmin):
    """Which open points of checklists were let pass, by whom, and why."""

    named_by = ("period",)
    list_display = ("__str__", "period", "point", "stood", "reason", "marked_by", "marked_at")
    ordering = ("-id",)


@admin.register(AccountMapping)
class AccountMappingAdmin(ReadOnlyAdmin):
    """What accounts are called in other systems of finance."""

    named_by = ("account",)
    list_display = ("__str__", "account", "system", "code")
    list_filter = ("system",)
    ordering = ("account", "system")


@admin.register(BookSettings)
class BookSettingsAdmin(ReadOnlyAdmin):
    """Currency and zone of the books, set once."""

    list_display = ("__str__", "currency", "time_zone", "opened_at")
