"""Deferred revenue on the desk, and estimates of breakage that two persons make, of a block or a cohort."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.roles import Role
from creditops.desk import addresses
from creditops.lib import policies
from creditops.lib.models import Approval
from creditops.reports import catalogue, frame
from creditops.reports.frame import Report
from ledger import cohorts, grants, posting, recognition, statements
from ledger.models import Block, BreakageEstimate
from tests import cast, staff
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book

JULY, JULY_31 = date(2026, 7, 1), date(2026, 7, 31)


@pytest.fixture
def block(book: Book) -> Block:
    """100 credits for $1.00 of Acme's contract that earn breakage in proportion to use."""
    policies.change(
        "books", {"breakage": "PROPORTIONAL"}, effective_at=NOW, recorded_at=NOW, by="F"
    )
    [pool] = book.contract.holder.pools.filter(customer_id=book.acme.pk)
    wanted = grants.Grant(
        kind="paid", credits=100, source="prop", effective_at=NOW, expires_at=at("2026-09-01"),
        cost_minor=100, cost_functional_minor=100, currency="USD",
    )  # fmt: skip
    return grants.issue(pool, [wanted], at=NOW)[0]


def test_an_estimate_is_asked_for_and_made_by_another_person(book: Book, block: Block, fiona):
    key = f"{block.customer_id}-{block.id}"
    page = acts.rehearse(fiona, "estimate-breakage", key, expected="80", reason="history")
    acts.do(fiona, "estimate-breakage", key, expected="80", reason="history")
    asked = Approval.objects.get(kind=recognition.ESTIMATE)
    own = acts.do(fiona, "decide", asked.pk, decision="approve", reason="yes")
    other = staff.as_(staff.person(Role.FINANCE))
    done = acts.do(other, "decide", asked.pk, decision="approve", reason="yes")

    assert dict(page.context["facts"])["Earned so far by this estimate"].startswith("$0.00")
    assert acts.errors(own) == ["You asked for this yourself. Another person has to decide."]
    assert acts.said(done) == ["Approved. 80 credits are expected to be used in the end."]
    made = BreakageEstimate.objects.get()
    assert (made.expected, made.estimated_by, made.approved_by) == (
        80, "controller@vendor.example", "finance@vendor.example",
    )  # fmt: skip


def test_an_estimate_is_not_for_sales_to_agree_to(book: Book, block: Block, fiona):
    key = f"{block.customer_id}-{block.id}"
    acts.do(fiona, "estimate-breakage", key, expected="80", reason="history")
    asked = Approval.objects.get(kind=recognition.ESTIMATE)

    told = acts.do(
        staff.as_(staff.person(Role.SALES_MANAGER)),
        "decide",
        asked.pk,
        decision="approve",
        reason="y",
    )

    assert acts.errors(told) == [
        "An estimate of breakage is agreed to by finance or the controller, in the desk."
    ]
    assert not BreakageEstimate.objects.exists()


def test_what_is_earned_at_expiry_has_no_estimate(book: Book, fiona):
    block = Block.objects.earliest("id")

    page = acts.do(
        fiona, "estimate-breakage", f"{block.customer_id}-{block.id}", expected="5", reason="x"
    )

    assert "that was fixed when they were granted" in acts.errors(page)[0]
    assert not Approval.objects.exists()


def deferred(month: str) -> Report:
    """The report of deferred revenue of a month."""
    return catalogue.DEFERRED.make(frame.read(catalogue.DEFERRED, {"month": month}))


def test_the_page_and_the_file_say_the_same(book: Book, fiona):
    page = fiona.get(addresses.of("report", "deferred"), {"month": "2026-06"})
    file = fiona.get(
        addresses.of("report_file", "deferred.csv"), {"month": "2026-06"}
    ).content.decode()

    [(listing, more)] = page.context["tables"]
    assert (listing.sums[-1], more) == ("$97.00", 0)
    assert "Total,100.00,0.00,-3.00,0.00,0.00,0.00,97.00" in file
    assert "Closing of the roll-forward,97.00,2100,97.00,0.00" in file


def test_proportional_runs_are_told_apart_in_the_roll_forward(book: Book):
    """JE-13 books usage and breakage in one line of 2100."""
    policies.change(
        "books", {"breakage": "PROPORTIONAL"}, effective_at=NOW, recorded_at=NOW, by="F"
    )
    buyer = cast.holders.pay_as_you_go(book.acme, NOW)
    bought = cast.buy(
        buyer, when=NOW, price_minor=1_000, credits=1_000, expires_at=at("2026-09-01")
    )
    recognition.estimate(
        bought.blocks[0], expected=500, by="F", approved_by="O", reason="x", at=NOW
    )
    cast.run_due(at("2026-07-01"))
    before = statements.roll_forward(JULY, JULY_31, known_at=at("2026-07-01"))
    cast.report(
        cast.usage("p1", 250, time=at("2026-07-02"), contract="acme"), when=at("2026-07-02"),
    )  # fmt: skip
    cast.run_due(at("2026-08-01"))
    posting.run(at("2026-08-01"))
    july = statements.roll_forward(JULY, JULY_31, known_at=at("2026-08-01"))

    assert july.opening == before.opening
    assert (july.usage, july.breakage) == (-250, -250)
    assert july.closing == statements.deferred(JULY_31, known_at=at("2026-08-01"))


def test_an_estimate_of_a_cohort_is_made_for_each_of_its_blocks_by_two(
    book: Book, block: Block, fiona
):
    key = "standard:2:2026"
    page = acts.rehearse(
        fiona, "estimate-cohort", key, expected_pct="92.5", reason="two years of history"
    )
    asked = acts.do(
        fiona, "estimate-cohort", key, expected_pct="92.5", reason="two years of history"
    )
    request = Approval.objects.get(kind=cohorts.ESTIMATE)
    own = acts.do(fiona, "decide", request.pk, decision="approve", reason="yes")
    other = staff.as_(staff.person(Role.FINANCE))
    done = acts.do(other, "decide", request.pk, decision="approve", reason="yes")

    assert dict(page.context["facts"])["Blocks that are estimated"] == "1 of 1"
    assert acts.said(asked)[0].startswith("Asked for: Expect 92.5 % of the credits of 1 blocks")
    assert acts.errors(own) == ["You asked for this yourself. Another person has to decide."]
    assert acts.said(done) == [
        "Approved. 92.5 % of the credits of 1 blocks are expected to be used in the end."
    ]
    assert [row.expected for row in BreakageEstimate.objects.all()] == [93]
