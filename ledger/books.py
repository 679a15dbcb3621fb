"""Answers what the books are: their functional currency and their time zone."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings

from creditops.lib import calendar
from creditops.lib.refusals import Refusal
from ledger.models import BookSettings


def open_books(*, currency: str, time_zone: str, at: datetime) -> BookSettings:
    """Open the books, once. Raises Refusal `books_already_open` if they are open otherwise."""
    BookSettings.objects.bulk_create(
        [BookSettings(currency=currency, time_zone=time_zone, opened_at=at)],
        ignore_conflicts=True,
    )
    books = BookSettings.objects.get()
    if (books.currency, books.time_zone) != (currency, time_zone):
        raise Refusal(
            "books_already_open",
            f"The books are kept in {books.currency} and {books.time_zone} since "
            f"{books.opened_at:%Y-%m-%d}; that can't change.",
        )
    return books


def current(at: datetime) -> BookSettings:
    """The books; opened as the environment says (BOOKS_CURRENCY, BOOKS_TIME_ZONE) at first use."""
    books: BookSettings | None = BookSettings.objects.first()
    return books or open_books(
        currency=settings.BOOKS_CURRENCY, time_zone=settings.BOOKS_TIME_ZONE, at=at
    )


def date_of(instant: datetime, books: BookSettings) -> date:
    """The date of an instant in the books' zone (T7)."""
    return calendar.local_date(instant, books.time_zone)
