"""Answers what the books are: their functional currency, time zone and rounding.

Currency and zone are given when they are opened; zone and rounding may still be set until the first
entry, and never after it: what a block has released is a difference of two roundings (M4), and a date
that is posted stays.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from creditops.lib import calendar, money, policies, policy_values, sql
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from ledger.models import Block, BookSettings, JournalEntry, UsageEvent

ROUNDING, ZONE = "rounding", "accounting_zone"
# What stands in the books' row, in the order of `sql/books.sql`.
_OPENED = ("id", "currency", "time_zone", "opened_at")


def define() -> None:
    """Make the settings of the books themselves known, at start."""
    policies.define(
        Policy(
            ROUNDING,
            money.HALF_UP,
            policy_values.choice(money.HALF_UP, money.HALF_EVEN),
            "finance",
            "How halves of the smallest coin are rounded wherever an amount is computed: value of "
            "credits, overage, tax, shares. Fixed by the first entry of the books.",
            books_only=True,
            guard=_before_the_first_entry,
        )
    )
    policies.define(
        Policy(
            ZONE,
            None,
            policy_values.optional(policy_values.zone),
            "controller",
            "The time zone in which the books have their days and months; unset, the one that they "
            "were opened in. Fixed by the first entry of the books.",
            books_only=True,
            guard=_before_the_first_entry,
        )
    )


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
    """The books with the zone and rounding that are set for them; opened as the environment says
    (BOOKS_CURRENCY, BOOKS_TIME_ZONE) at first use. One query, and a plain one: everything asks for it."""
    found = sql.rows("ledger", "books", scope=policies.BOOKS, zone=ZONE, rounding=ROUNDING)
    if not found:
        open_books(currency=settings.BOOKS_CURRENCY, time_zone=settings.BOOKS_TIME_ZONE, at=at)
        return current(at)
    [(*opened, zone, rounding)] = found
    books: BookSettings = BookSettings.from_db(connection.alias, _OPENED, opened)
    books.time_zone = zone or books.time_zone
    books.rounding = rounding or books.rounding
    return books


def begun() -> bool:
    """Whether anything stands in the books: an entry, a block, or usage."""
    return JournalEntry.objects.exists() or Block.objects.exists() or UsageEvent.objects.exists()


def date_of(instant: datetime, books: BookSettings) -> date:
    """The date of an instant in the books' zone (T7)."""
    return calendar.local_date(instant, books.time_zone)


def _before_the_first_entry(value: Any, effective_at: datetime, at: datetime) -> None:
    if effective_at > at:
        raise Refusal(
            "setting_acts_at_once",
            "This setting acts at once, before the first entry of the books. Leave out from when.",
        )
    if begun():
        raise Refusal(
            "books_have_begun",
            "The books have entries: their rounding and their zone can't change any more, since "
            "what is posted would no longer add up with what comes.",
        )
