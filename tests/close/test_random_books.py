"""Whatever happened in a book: what was billed was earned, expired, went back or is deferred, to the cent.

Every act, every due piece of work and every close of a month is a call of the product; then the books are
counted anew from all sides. One plain and one wide book are played, the same in every run, so that a change
is judged and not luck.

The longer form searches. CREDITOPS_BOOKS=50 plays fifty of each, of the numbers from 1 on or from
CREDITOPS_BOOKS_FROM=1000, with every report grouped in every way. CREDITOPS_BOOKS=1 from the number of a
book that failed plays it again.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Model, Sum

from contracts.models import ScheduledCharge
from creditops.close import reconciliations
from creditops.lib import calendar
from creditops.reports import catalogue
from creditops.reports.frame import Asked, Kind
from invoicing.models import PayBack, Payment, Receipt, Refund
from ledger import block_rolls, chart, posting, recipes, statements
from ledger.models import JournalEntry
from tests import cast
from tests.close.random_books import ACTS, END, Life, random_acts, random_settings
from tests.close.wide_life import WIDE_ACTS, WideLife

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BOOKS = int(os.environ.get("CREDITOPS_BOOKS", 1))
FROM = int(os.environ.get("CREDITOPS_BOOKS_FROM", 1))
EVERY_GROUP = "CREDITOPS_BOOKS" in os.environ

KINDS = {"plain": (Life, ACTS), "wide": (WideLife, WIDE_ACTS)}
FIRST, LAST = date(2025, 12, 1), END.date()


@pytest.mark.parametrize("kind", ["plain", "wide"])
@pytest.mark.parametrize("number", range(FROM, FROM + BOOKS))
def test_what_was_billed_is_earned_expired_gone_back_or_deferred(number: int, kind: str):
    lives, whats = KINDS[kind]
    chosen = random.Random(number)
    zone, settings = random_settings(chosen)
    acts = random_acts(chosen, whats)
    print(f"book {number}: {zone}, {settings}, {acts}")
    with transaction.atomic():
        life = lives(zone=zone, settings=settings)
        life.live(acts)
        posting.run(END)

        everything_is_billed()
        cash_is_what_came_and_went()
        every_recipe_keeps_to_its_accounts()
        billed_is_accounted_for_by_customer_and_in_total()
        billed_is_accounted_for_block_by_block()
        nothing_is_deferred_at_the_end()
        reports_of_closed_months_say_what_they_said(life)
        reports_tie(sometime(chosen), chosen)
        reports_tie(LAST, chosen)
        assert cast.breaches(END) == []
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def balance(*codes: str) -> int:
    return statements.balance(statements.lines(), codes)


def everything_is_billed() -> None:
    assert list(ScheduledCharge.objects.filter(line__isnull=True, amount_minor__gt=0)) == []


def cash_is_what_came_and_went() -> None:
    ours = statements.lines().filter(transaction_currency="")
    came = total(Receipt) + total(Payment, receipt__isnull=True)
    went = total(Refund) + total(PayBack)

    assert statements.balance(ours, [chart.CASH]) == came - went
    [of_receivables] = [
        r for r in reconciliations.of(LAST, LAST, known_at=END) if r.code == "receivables"
    ]
    assert of_receivables.difference == 0


def total(kind: type[Model], **which: object) -> int:
    rows = kind.objects.filter(currency="USD", **which)
    return int(rows.aggregate(minor=Sum("amount_minor", default=0))["minor"])


def every_recipe_keeps_to_its_accounts() -> None:
    posted: dict[str, set[str]] = {}
    rows = JournalEntry.objects.values_list("recipe", "lines__account__code").distinct()
    for recipe, code in rows:
        posted.setdefault(recipe, set()).add(code)

    beyond = {r: codes - recipes.CATALOGUE[r].accounts for r, codes in posted.items()}
    assert {recipe: codes for recipe, codes in beyond.items() if codes} == {}


def billed_is_accounted_for_by_customer_and_in_total() -> None:
    parts = statements.roll_forward_by_customer(FIRST, LAST, known_at=END)
    by_journal = statements.by_customer(statements.lines(), chart.DEFERRED_CREDITS)

    for part in parts:
        moved = part.moved
        assert moved.opening == moved.other == 0
        assert moved.billed == -moved.usage - moved.breakage - moved.credit_notes + moved.closing
        assert moved.closing == -by_journal.get(part.customer_id, 0)


def billed_is_accounted_for_block_by_block() -> None:
    rolls = block_rolls.of(FIRST, LAST, known_at=END).rolls
    totals: Counter[str] = Counter()
    for roll in rolls:
        left = roll.billed + roll.respread
        assert left == -roll.usage - roll.breakage - roll.credit_notes + roll.closing
        assert roll.closing == 0
        totals.update(usage=roll.usage, breakage=roll.breakage, respread=roll.respread)
    journal = statements.roll_forward(FIRST, LAST, known_at=END)

    assert totals["respread"] == 0
    assert (totals["usage"], totals["breakage"]) == (journal.usage, journal.breakage)


def nothing_is_deferred_at_the_end() -> None:
    assert balance(chart.DEFERRED_CREDITS) == 0
    assert balance(chart.UNBILLED) == 0
    assert set(statements.by_customer(statements.lines(), chart.DEFERRED_CREDITS)) == set()


def reports_of_closed_months_say_what_they_said(life: Life) -> None:
    differ = {
        (kind.name, asked.month): (table.title, said, now)
        for kind, asked, told in life.told
        for table, again in zip(told.tables, kind.make(asked).tables, strict=True)
        if (said := table.rows) != (now := again.rows)
    }
    assert differ == {}
    assert [(kind.name, a.month) for kind, a, told in life.told if not told.ties] == []


def sometime(chosen: random.Random) -> date:
    """The end of a month in which something happened, or any day."""
    month = calendar.add_months(date(2026, 1, 1), chosen.randint(1, 15))
    return month - timedelta(days=chosen.choice([1, chosen.randint(2, 28)]))


def reports_tie(day: date, chosen: random.Random) -> None:
    known = END + timedelta(seconds=1)
    differ = {
        (kind.name, by): [
            check
            for check in kind.make(Asked(calendar.month_start(day), day, known, by)).checks
            if check.difference
        ]
        for kinds in catalogue.SECTIONS.values()
        for kind in kinds
        for by in groups(kind, chosen)
    }
    assert {name: checks for name, checks in differ.items() if checks} == {}


def groups(kind: Kind, chosen: random.Random) -> Iterator[str]:
    """How a report is grouped: in the short form in one way."""
    every = list(kind.groups) or [""]
    yield from every if EVERY_GROUP else [chosen.choice(every)]
