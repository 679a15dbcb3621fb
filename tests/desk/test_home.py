"""Home: what needs somebody today."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from creditops.desk import calls, intake, key_figures, today
from creditops.lib import approvals, due
from creditops.lib.models import DueRow, OutboxMessage
from invoicing import cards, house_gateway
from ledger import balances
from ledger.models import Pool
from tests import cast, staff
from tests.cast import START, at
from tests.staff import NOW, Book


def test_home_tells_what_waits(book: Book, fiona):
    approvals.request(
        kind="overage.lift", subject="C-1/1", summary="More overage, please.", content={},
        by="usage", at=NOW,
    )  # fmt: skip
    due.plan("contracts.charge", "C-1", START, rank=due.BILLING, group="acme")
    DueRow.objects.filter(due_at=START).update(error="Refusal: no", failures=3, done_at=None)
    OutboxMessage.objects.update(error="no printer")
    cast.report(cast.usage("lost", 1, meter="unheard"), when=at("2026-06-11"))

    page = fiona.get("/admin/")
    said = page.content.decode()

    assert page.context["waits"] == calls.Calls(
        failed_work=DueRow.objects.exclude(error="").count(), failed_mail=1, approvals=1,
        late=0, unmatched=1, other=0, conflicts=0, held=0, refused=0,
        charges=0, overdue=1, unpaid_plans=0,
    )  # fmt: skip
    for words in (
        "Due work failed", "Refusal: no", "Deliveries failed", "More overage, please.", "Decide",
        "Messages could not be placed", book.invoice.number, "$100.00", "$97.00",
    ):  # fmt: skip
        assert words in said, words


def test_an_empty_book_has_nothing_to_do(db, fiona):
    page = fiona.get("/admin/")

    assert "Nothing. Everything is done, placed and decided." in page.content.decode()
    assert page.context["outstanding"] == 0


def test_whoever_may_not_decide_is_not_asked_to(book: Book, sam):
    approvals.request(
        kind="overage.lift", subject="C-1/1", summary="More.", content={}, by="usage", at=NOW
    )

    page = sam.get("/admin/").content.decode()

    assert "More." in page
    assert "/admin/desk/decide/" not in page


def test_an_invoice_is_late_from_the_day_after_it_was_due(book: Book):
    due_on = book.invoice.due_date

    assert today.late(due_on) == []
    (late,) = today.late(due_on + timedelta(days=1))
    assert (late.invoice, late.open_minor, late.days) == (book.invoice, 10_000, 1)


def test_an_account_at_the_wall_is_a_task_until_it_has_something_to_go_on_with(db, fiona):
    """S48: free credits used up, without a contract, a purchase or a card."""
    acme, beta, gamma = (cast.customer(code) for code in ("acme", "beta", "gamma"))
    for owner in (acme, beta, gamma):
        cast.grant(cast.open_pool(owner), 10, source="trial", kind="promo")
    cast.send("a1", 10, when=at("2026-06-10"))
    cast.send("b1", 4, customer="beta", when=at("2026-06-11"))
    cast.send("b2", 9, customer="beta", when=at("2026-06-12"))
    cast.send("g1", 9, customer="gamma", when=at("2026-06-12"))

    found = today.at_the_wall(NOW)
    page = fiona.get("/admin/").content.decode()

    assert [(row.customer.code, row.since) for row in found] == [
        ("beta", at("2026-06-12")), ("acme", at("2026-06-10")),
    ]  # fmt: skip
    assert page.count("has used up its free credits") == 2
    assert "Nothing. Everything is done" not in page
    assert today.at_the_wall(at("2026-07-11"))[0].customer == beta
    assert today.at_the_wall(at("2026-07-13")) == []


@pytest.mark.parametrize("way", ["contract", "purchase", "card", "more"])
def test_whoever_can_go_on_is_no_task_any_more(db, way: str):
    acme = cast.customer()
    cast.grant(cast.open_pool(acme), 10, source="trial", kind="promo")
    cast.send("a1", 10, when=at("2026-06-10"))
    assert len(today.at_the_wall(NOW)) == 1

    match way:
        case "contract":
            cast.sign(acme, when=at("2026-06-11"))
        case "purchase":
            cast.buy(cast.open_pool(acme).holder, when=at("2026-06-11"))
        case "card":
            cards.save_test_card(
                acme, token=house_gateway.WORKS, by="Ada", at=at("2026-06-11")
            )  # fmt: skip
        case "more":
            cast.grant(cast.open_pool(acme), 10, source="more", kind="promo", when=at("2026-06-11"))

    assert today.at_the_wall(NOW) == []


def test_contracts_that_end_within_90_days_come_soonest_first(book: Book):
    staff.sign(book.acme, "C-2", when=at("2025-08-01"))

    found = today.ending(at("2026-06-15"))
    later = today.ending(at("2026-10-05"))

    assert [(row.contract.code, row.last_day, row.days) for row in found] == [
        ("C-2", date(2026, 7, 31), 46)
    ]
    assert [row.contract.code for row in later] == ["C-1"]


def test_a_pool_runs_out_at_the_pace_of_its_last_30_days(book: Book):
    staff.use(book.acme, "C-1", "ev-2", 2_000_000, at("2026-06-12"))

    (row,) = today.running_out(NOW)

    # 10,500 granted, 6,300 used within 30 days: 210 a day.
    assert [row.customer, row.available, row.per_day, row.days] == [book.acme, 4_200, 210, 20]
    assert today.running_out(at("2026-08-01")) == []


def test_credits_outstanding_are_what_can_still_be_drawn(book: Book):
    pools = list(Pool.objects.select_related("holder", "unit", "customer"))

    known = balances.of_pools(pools, as_of=NOW, known_at=NOW)

    assert (
        key_figures.credits_outstanding() == sum(balance.available for balance in known) == 10_200
    )


def test_pools_with_usage_that_is_not_posted_are_counted(book: Book):
    assert key_figures.pools_to_post() == 0

    staff.use(book.acme, "C-1", "ev-2", 1_000, at("2026-06-14"))

    assert key_figures.pools_to_post() == 1


def test_received_is_the_sum_of_its_parts(book: Book, auditor):
    cast.report(
        cast.usage("a", 1, contract="C-1"),
        cast.usage("a", 1, contract="C-1"),
        cast.usage("a", 2, contract="C-1"),
        cast.usage("b", 1, meter="unheard"),
        when=at("2026-06-12"),
    )

    found = intake.progress()

    assert found.received == sum(share.messages for share in found.shares) == 5
    assert {s.status: s.messages for s in found.shares if s.messages} == {
        "applied": 2, "duplicate": 1, "conflict": 1, "exception": 1,
    }  # fmt: skip
    part = auditor.get("/admin/desk/intake/").content.decode()
    assert "<b>5</b>" in part
    assert 'aria-label="5 received: 2 applied, 1 duplicate, 1 conflict, 1 exception"' in part


@pytest.mark.slow
def test_home_asks_as_much_for_thirty_customers_as_for_three(fiona):
    def grow(first: int, last: int) -> None:
        for n in range(first, last):
            customer = cast.customer(f"more-{n}")
            staff.sign(customer, f"M-{n}", when=at("2025-07-01"))
            staff.use(customer, f"M-{n}", f"m-{n}", 2_000_000, at("2026-06-01"))

    staff.catalogue()
    grow(0, 3)
    fiona.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        fiona.get("/admin/")
    grow(3, 30)

    with CaptureQueriesContext(connection) as many:
        page = fiona.get("/admin/")

    assert len(page.context["ending"]) == today.SHOWN
    assert len(many) == len(few)
