"""A month's close: its checklist, what stops it, and how it is opened again by two."""

from __future__ import annotations

from datetime import date

import pytest

from creditops.close import month_end, points
from creditops.close.points import State
from creditops.lib import approvals
from creditops.lib.refusals import Refusal
from ledger import closing, posting
from ledger.models import AccountingPeriod, JournalEntry, PeriodAct
from tests import cast
from tests.cast import at

pytestmark = pytest.mark.django_db

JAN, FEB = date(2026, 1, 1), date(2026, 2, 1)
NOW = at("2026-02-03 10:00")


def stands(code: str, month: date = JAN) -> tuple[State, str]:
    """A point of the checklist."""
    [found] = [point for point in points.of(month, at=NOW).points if point.code == code]
    return found.state, found.stood


@pytest.fixture
def books() -> None:
    """A contract of 100,000 credits for $1,000.00, 300 credits used in January."""
    cast.sign()
    cast.run_due(cast.START)
    cast.send("u1", 300, when=at("2026-01-10"), contract="c1")
    cast.sign_books()


def test_a_month_with_nothing_open_closes_and_keeps_its_checksum(books: None):
    reconciled = {r.code: (r.ledger, r.rows) for r in points.of(JAN, at=NOW).reconciled}
    closed = month_end.close(JAN, by="Fiona", at=NOW, reason="January is done")

    # Usage waits to be posted before the close: the ledger lags behind the blocks by 3.00.
    assert reconciled["deferred"] == (100_000, 99_700)
    assert reconciled["receivables"] == (100_000, 100_000)
    assert reconciled["events"] == (1, 1)
    after = {r.code: (r.ledger, r.rows) for r in points.of(JAN, at=NOW).reconciled}
    assert after["deferred"] == (99_700, 99_700)
    act = PeriodAct.objects.get(period=closed)
    assert (act.act, act.entries, len(act.checksum), act.reason) == (
        "close",
        2,
        64,
        "January is done",
    )
    assert cast.breaches(NOW) == []


def test_an_exception_stops_the_close_until_somebody_lets_it_pass_as_it_stands(books: None):
    cast.report(
        cast.usage("x1", 5, customer="nobody", time=at("2026-01-20")), when=at("2026-01-20")
    )
    with pytest.raises(Refusal) as refused:
        month_end.close(JAN, by="Fiona", at=NOW)
    open_now = stands("exceptions")
    month_end.let_pass(JAN, "exceptions", by="Fiona", reason="a typing error", at=NOW)
    passed = stands("exceptions")
    cast.report(
        cast.usage("x2", 5, customer="nobody", time=at("2026-01-21")), when=at("2026-01-21")
    )
    again = stands("exceptions")

    assert refused.value.code == "close_checklist_open"
    assert [problem.path for problem in refused.value.problems] == ["exceptions"]
    assert not AccountingPeriod.objects.filter(state="closed").exists()
    assert open_now == (State.OPEN, "1 message of the month or before waits for somebody")
    assert passed[0] is State.PASSED
    assert again == (State.OPEN, "2 messages of the month or before wait for somebody")
    closed = month_end.close(JAN, by="Fiona", at=NOW, let_pass={"exceptions": "both are known"})
    assert closed.state == "closed"


def test_a_month_that_is_being_closed_still_takes_entries(books: None):
    begun = closing.begin(JAN, by="Fiona", at=NOW)
    cast.send("u2", 100, when=at("2026-01-31 23:00"), contract="c1")
    month_end.close(JAN, by="Fiona", at=NOW)
    posted = JournalEntry.objects.filter(recipe="JE-05").order_by("posting_date")

    assert begun.state == "closing"
    assert [entry.posting_date for entry in posted] == [date(2026, 1, 10), date(2026, 1, 31)]
    assert [act.act for act in PeriodAct.objects.all()] == ["begin", "close"]


def test_what_comes_after_the_close_posts_on_its_own_day_as_about_an_earlier_month(books: None):
    month_end.close(JAN, by="Fiona", at=NOW)
    late = at("2026-02-04")
    cast.report(cast.usage("late", 200, time=at("2026-01-15"), contract="c1"), when=late)
    cast.report(cast.usage("now", 100, time=late, contract="c1"), when=late)
    posting.run(late)
    found = JournalEntry.objects.filter(posting_date=late.date(), recipe="JE-05")

    assert {(e.prior_period, e.lines.get(account__code="4000").credit_minor) for e in found} == {
        (True, 200), (False, 100),
    }  # fmt: skip
    assert stands("prior_period", FEB) == (State.NOTE, "1 entry is about months before")


def test_a_closed_month_is_opened_again_by_two_persons_only(books: None):
    month_end.close(JAN, by="Fiona", at=NOW)
    asked = closing.request_reopening(JAN, by="Fiona", reason="an invoice was wrong", at=NOW)
    with pytest.raises(Refusal, match="second person"):
        closing.reopen_approved(asked, by="Fiona", at=NOW)
    agreed = approvals.approve(asked.pk, by="Otto", at=NOW)
    opened = closing.reopen_approved(agreed, by="Otto", at=NOW)
    cast.send("u2", 100, when=at("2026-01-31 23:00"), contract="c1")
    closed = month_end.close(JAN, by="Fiona", at=NOW, reason="again")
    acts = list(PeriodAct.objects.filter(period=opened))

    assert closed.state == "closed"
    assert [(act.act, act.done_by, act.entries) for act in acts] == [
        ("close", "Fiona", 2), ("reopen", "Otto", None), ("close", "Fiona", 3),
    ]  # fmt: skip
    assert acts[0].checksum != acts[2].checksum
    assert cast.breaches(NOW) == []
    with pytest.raises(Refusal, match="not closed"):
        closing.request_reopening(FEB, by="Fiona", reason="x", at=NOW)


def test_marks_of_before_a_reopening_do_not_count_any_more(books: None):
    cast.report(
        cast.usage("x1", 5, customer="nobody", time=at("2026-01-20")), when=at("2026-01-20")
    )
    month_end.close(JAN, by="Fiona", at=NOW, let_pass={"*": "known"})
    asked = closing.request_reopening(JAN, by="Fiona", reason="an invoice was wrong", at=NOW)
    closing.reopen_approved(
        approvals.approve(asked.pk, by="Otto", at=NOW), by="Otto", at=at("2026-02-04")
    )

    assert stands("exceptions")[0] is State.OPEN


def test_books_that_are_not_signed_close_no_month(db: None):
    with pytest.raises(Refusal) as refused:
        month_end.close(JAN, by="Fiona", at=NOW, let_pass={"*": "no"})

    assert refused.value.code == "books_not_signed"
    assert stands("signed") == (State.STOP, "nobody signed it yet")
