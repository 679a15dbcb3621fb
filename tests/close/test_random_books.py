"""Whatever happened in a book: what was billed was earned, expired, went back or is deferred, to the cent."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from creditops.close import reconciliations
from creditops.lib import calendar
from creditops.reports import catalogue
from creditops.reports.frame import Asked
from invoicing.models import Payment, Refund
from ledger import block_rolls, chart, posting, recipes, statements
from ledger.models import JournalEntry
from tests import cast
from tests.close.random_books import ACTS, END, LAST_ACT_DAY, Act, Life

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

acts = st.lists(
    st.builds(
        Act,
        day=st.integers(0, LAST_ACT_DAY),
        what=st.sampled_from(ACTS),
        which=st.integers(0, 1_000),
        size=st.integers(0, 100_000),
    ),
    min_size=25,
    max_size=60,
)
SOMETIME = date(2026, 9, 30)
FIRST, LAST = date(2025, 12, 1), END.date()


@settings(max_examples=6, phases=[Phase.generate], deadline=None, derandomize=True, print_blob=True,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(
    acts=acts,
    zone=st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Tokyo"]),
    breakage=st.sampled_from(["AT_EXPIRY", "PROPORTIONAL"]),
    escheat=st.sampled_from(["0", "12.5"]),
    rounding=st.sampled_from(["HALF_UP", "HALF_EVEN"]),
)
def test_what_was_billed_is_earned_expired_gone_back_or_deferred(
    acts: list[Act], zone: str, breakage: str, escheat: str, rounding: str
):
    with transaction.atomic():
        life = Life(
            zone=zone, settings={"breakage": breakage, "escheat_pct": escheat, "rounding": rounding}
        )
        life.live(acts)
        posting.run(END)

        cash_is_what_moved_receivables()
        every_recipe_keeps_to_its_accounts()
        billed_is_accounted_for_by_customer_and_in_total()
        billed_is_accounted_for_block_by_block()
        nothing_is_deferred_at_the_end()
        reports_tie(SOMETIME)
        reports_tie(LAST)
        assert cast.breaches(END) == []
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def balance(*codes: str) -> int:
    return statements.balance(statements.lines(), codes)


def cash_is_what_moved_receivables() -> None:
    came = Payment.objects.aggregate(minor=Sum("amount_minor", default=0))["minor"]
    went = Refund.objects.aggregate(minor=Sum("amount_minor", default=0))["minor"]

    assert balance(chart.CASH) == came - went
    [of_receivables] = [
        r for r in reconciliations.of(LAST, LAST, known_at=END) if r.code == "receivables"
    ]
    assert of_receivables.difference == 0


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


def reports_tie(day: date) -> None:
    known = END + timedelta(seconds=1)
    asked = [
        Asked(calendar.month_start(day), day, known, by)
        for by in ("customer", "block", "age", "category", "product")
    ]
    differ = {
        (kind.name, each.by): [check for check in kind.make(each).checks if check.difference]
        for kinds in catalogue.SECTIONS.values()
        for kind in kinds
        for each in asked
        if (each.by in kind.groups) or (not kind.groups and each.by == "customer")
    }
    assert {name: checks for name, checks in differ.items() if checks} == {}
