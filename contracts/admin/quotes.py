"""The staff's pages of quotes. What is done with them stands on the desk."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from contracts.models import (
    AgreedTerm,
    Quote,
    QuoteAnswer,
    QuoteLink,
    QuoteMessage,
    QuoteVersion,
)
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, count


@admin.register(Quote)
class QuoteAdmin(CustomerRows, ReadOnlyAdmin):
    """Offers to customers, as their newest version says."""

    named_by = ("customer",)
    list_display = (
        "__str__", "customer", "status", "credits", "price", "open_until", "renews", "made_at",
        "made_by",
    )  # fmt: skip
    list_filter = (CustomerFilter, "made_at")
    search_fields = ("customer__code", "customer__name", "made_by")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quote]:
        """With their versions, in one query."""
        found: QuerySet[Quote] = super().get_queryset(request).prefetch_related("versions")
        return found

    @admin.display(description="Status")
    def status(self, row: Quote) -> str:
        """How it stands."""
        return _newest(row).get_status_display()

    @admin.display(description="Credits")
    def credits(self, row: Quote) -> str:
        """Committed, of all years."""
        return count(_newest(row).credits)

    @admin.display(description="Price")
    def price(self, row: Quote) -> str:
        """Of all years."""
        newest = _newest(row)
        return amount(newest.price_minor, newest.currency)

    @admin.display(description="Open until")
    def open_until(self, row: Quote) -> str:
        """The last day to accept."""
        return f"{_newest(row).open_until}"


def _newest(quote: Quote) -> QuoteVersion:
    return max(quote.versions.all(), key=lambda version: version.number)


@admin.register(QuoteVersion)
class QuoteVersionAdmin(CustomerRows, ReadOnlyAdmin):
    """Everything that was ever offered."""

    customer = "quote__customer"
    named_by = ("quote",)
    list_display = (
        "__str__", "status", "credits", "price_minor", "open_until", "made_by", "sent_at",
        "approved_by",
    )  # fmt: skip
    list_filter = ("status", "made_at")
    ordering = ("-id",)


@admin.register(QuoteLink)
class QuoteLinkAdmin(CustomerRows, ReadOnlyAdmin):
    """Links that were made. Their secrets are nowhere to be seen."""

    customer = "version__quote__customer"
    hidden = ("digest",)
    named_by = ("version",)
    list_display = ("version", "made_at", "made_by")
    ordering = ("-id",)


@admin.register(QuoteAnswer)
class QuoteAnswerAdmin(CustomerRows, ReadOnlyAdmin):
    """What customers said to what was sent."""

    customer = "version__quote__customer"
    named_by = ("version",)
    list_display = ("version", "accepted", "name", "email", "ip_address", "answered_at")
    list_filter = ("accepted", "answered_at")
    ordering = ("-id",)


@admin.register(QuoteMessage)
class QuoteMessageAdmin(CustomerRows, ReadOnlyAdmin):
    """Questions about quotes, and what was written back."""

    customer = "quote__customer"
    named_by = ("quote",)
    list_display = ("quote", "of_customer", "name", "text", "written_at")
    ordering = ("-id",)


@admin.register(AgreedTerm)
class AgreedTermAdmin(CustomerRows, ReadOnlyAdmin):
    """Terms to come that were agreed ahead."""

    customer = "contract__customer"
    named_by = ("contract",)
    list_display = (
        "__str__", "contract", "number", "months", "credits", "agreed_at", "agreed_by",
    )  # fmt: skip
    ordering = ("-id",)
