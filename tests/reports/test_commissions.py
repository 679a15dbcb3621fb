"""The report of commissions: to the cent by rep, contract and term, tied to the ledger, as known then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from accounts.models import Person
from accounts.roles import Role
from contracts import commission_payouts, commission_plans, commission_statements, termination
from contracts.commission_figures import Share
from contracts.commission_plans import Wanted
from contracts.models import CommissionPayout, CommissionPlanVersion, Contract
from creditops.desk import addresses, approving
from creditops.lib import policies
from creditops.reports import rewarding
from creditops.reports.frame import Asked, Cell, Report
from invoicing import write_offs
from invoicing.models import Invoice
from ledger import books, chart, exchange, journal
from ledger.journal import Posting
from tests import cast, staff
from tests.cast import END, START, at

pytestmark = pytest.mark.django_db

LATE = at("2027-12-31")
# The tables of the report; those of contract years, by currency, stand between the last two.
COMING, OWED_BACK, MOVED, OPEN = range(4)
ALL_OF_ANN = (Share("ann", Decimal(100)),)
ANN_AND_BOB = (Share("ann", Decimal(75)), Share("bob", Decimal(25)))


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditops.lib.clock.now", lambda: LATE)


def plan(code: str = "plan", **said: Any) -> CommissionPlanVersion:
    """10 %, 70 % of it at close."""
    return commission_plans.publish(
        code, Wanted(Decimal(10), Decimal(70), **said), by="Sally", at=START, name=code.title()
    )


def sign(split: Sequence[Share] = ALL_OF_ANN, by_plan: str = "plan", **terms: Any) -> Contract:
    """100,000 credits for $1,000.00 in 2026."""
    return cast.sign(
        commission_split=split, commission_plan=commission_plans.find(by_plan), **terms
    )


def use(key: str, credits: int, day: str, contract: str = "c1", **fields: Any) -> None:
    """Credits of a cent, used on a day."""
    cast.send(key, credits, when=at(day), contract=contract, **fields)


def report(month: str, known_at: datetime = LATE) -> Report:
    """The report of a month, as known at an instant."""
    first = date.fromisoformat(f"{month}-01")
    last = date(first.year + first.month // 12, first.month % 12 + 1, 1) - date.resolution
    return rewarding.commissions(Asked(first, last, known_at, remembered=True))


def rows(made: Report, table: int) -> list[list[Cell]]:
    """The rows of one of its tables."""
    return [list(row) for row in made.tables[table].rows]


def ties(made: Report) -> list[tuple[str, int]]:
    """Account -> what stands on it, of checks that tie; none may differ."""
    assert made.ties, made.checks
    return [(check.account, check.ledger) for check in made.checks]


def pay(rep: str, day: str, currency: str = "USD") -> CommissionPayout:
    """What is open for a rep is paid, by a statement frozen on the day."""
    when = at(day)
    frozen = commission_statements.freeze(rep, when.year, by="Fiona", at=when)
    asked = commission_payouts.ask(frozen, currency, by="Fiona", at=when)
    approving.approve(asked.pk, {}, by="Carla", at=when, reason="", speaks_for={"finance"})
    return CommissionPayout.objects.latest("id")


def test_in_the_year_what_was_paid_at_close_is_earned_or_at_risk_and_the_rest_is_held_back(
    db: None,
):
    """70.00 at close; 25.00 are earned by 250.00. Of 100.00 the whole commitment would earn 30.00 wait."""
    plan()
    sign(ANN_AND_BOB)
    use("u1", 25_000, "2026-01-20")
    made = report("2026-01")

    assert rows(made, COMING) == [
        ["ann", 0, 5_250, 0, 0, 0, 0, 5_250],
        ["bob", 0, 1_750, 0, 0, 0, 0, 1_750],
    ]
    assert rows(made, MOVED) == [
        ["ann", "Plan", "c1", "Acme", 5_250, 0, 0, 0],
        ["bob", "Plan", "c1", "Acme", 1_750, 0, 0, 0],
    ]
    ends = date(2026, 12, 31)
    assert rows(made, OPEN) == [
        ["ann", "c1", ends, 25_000, 5_250, 1_875, 0, 3_375, 0, 2_250],
        ["bob", "c1", ends, 25_000, 1_750, 625, 0, 1_125, 0, 750],
    ]
    assert ties(made) == [("2300", 7_000), ("1350", 0), ("1300", 0), ("6100", 7_000), ("6110", 0)]


def test_what_consumption_earned_beyond_the_close_waits_for_the_years_end(db: None):
    plan()
    sign()
    use("u1", 90_000, "2026-03-20")
    made = report("2026-03")

    [row] = rows(made, OPEN)
    assert row[4:] == [7_000, 9_000, 0, 0, 2_000, 1_000]
    assert rows(made, COMING) == [["ann", 7_000, 0, 0, 0, 0, 0, 7_000]]


def test_the_years_end_pays_what_use_earned_beyond_and_says_what_overage_did(db: None):
    """1,000.00 and overage of 200.00: 120.00 in all, 50.00 more than at close, 20.00 of it for overage."""
    plan()
    sign(ANN_AND_BOB, settings={"overage_pct": "50"})
    use("u1", 120_000, "2026-11-20")
    before = report("2026-11")
    cast.run_due(END)
    made = report("2026-12")

    assert [row[5:7] for row in rows(before, OPEN)] == [[9_000, 1_500], [3_000, 500]]
    assert rows(made, COMING) == [
        ["ann", 5_250, 0, 3_750, 1_500, 0, 0, 9_000],
        ["bob", 1_750, 0, 1_250, 500, 0, 0, 3_000],
    ]
    assert [row[4:] for row in rows(made, MOVED)] == [[0, 3_750, 1_500, 0], [0, 1_250, 500, 0]]
    assert rows(made, OPEN) == []
    assert ties(made)[:4] == [("2300", 12_000), ("1350", 0), ("1300", 0), ("6100", 5_000)]


def test_what_was_not_used_is_clawed_back_and_netted_with_the_next_payout(db: None):
    plan()
    contract = sign()
    use("u1", 30_000, "2026-03-01")
    pay("ann", "2026-07-01")
    cast.run_due(END)
    sign(buyer=contract.customer, code="c2", when=END, starts_on=END.date())
    pay("ann", "2027-01-05")
    july, december, january = (report(month) for month in ("2026-07", "2026-12", "2027-01"))

    assert rows(july, COMING) == [["ann", 7_000, 0, 0, 0, -7_000, 0, 0]]
    assert rows(december, OWED_BACK) == [["ann", 0, 4_000, 0, 4_000]]
    assert [row[4:] for row in rows(december, MOVED)] == [[0, 0, 0, -4_000]]
    assert rows(january, COMING) == [["ann", 0, 7_000, 0, 0, -3_000, -4_000, 0]]
    assert rows(january, OWED_BACK) == [["ann", 4_000, 0, -4_000, 0]]
    assert ties(december) == [
        ("2300", 0),
        ("1350", 4_000),
        ("1300", 0),
        ("6100", -4_000),
        ("6110", 0),
    ]
    assert ties(january)[:2] == [("2300", 0), ("1350", 0)]


def test_who_takes_over_earns_from_then_on_and_a_change_told_later_changes_no_report_of_before(
    db: None,
):
    """300.00 in Ann's time, 100.00 in Ann's and Bob's: the rest would be theirs."""
    plan()
    contract = sign()
    use("u1", 30_000, "2026-03-01")
    use("u2", 10_000, "2026-08-10")
    told = at("2026-09-05")
    before = report("2026-08", told)
    commission_plans.reassign(
        contract, ANN_AND_BOB, effective_at=at("2026-07-01"), by="Sally", reason="territory",
        at=at("2026-09-10"),
    )  # fmt: skip

    assert rows(report("2026-08", told), OPEN) == rows(before, OPEN)
    assert [row[4:] for row in rows(before, OPEN)] == [[7_000, 4_000, 0, 3_000, 0, 3_000]]
    # Ann: 30.00 + 7.50 are earned, Bob: 2.50; what of 100.00 was not paid at close would be theirs.
    assert [[row[0], *row[4:]] for row in rows(report("2026-08"), OPEN)] == [
        ["ann", 7_000, 3_750, 0, 3_250, 0, 2_250],
        ["bob", 0, 250, 0, 0, 250, 750],
    ]


def test_a_restatement_gives_one_rep_what_it_takes_from_the_other(db: None):
    plan()
    contract = sign(settings={"overage_pct": "50"})
    use("u1", 110_000, "2026-03-01")
    cast.run_due(at("2027-01-10"))
    commission_plans.reassign(
        contract, ANN_AND_BOB, effective_at=START, by="Sally", reason="dispute", at=at("2027-01-10")
    )
    cast.run_due(at("2027-02-01"))
    made = report("2027-01")

    assert rows(made, COMING) == [
        ["ann", 11_000, 0, 0, 0, 0, 0, 11_000],
        ["bob", 0, 0, 2_750, 250, 0, 0, 2_750],
    ]
    assert rows(made, OWED_BACK) == [["ann", 0, 2_750, 0, 2_750]]
    assert ties(made) == [("2300", 13_750), ("1350", 2_750), ("1300", 0), ("6100", 0), ("6110", 0)]


def test_a_capitalised_commission_rolls_from_its_cost_to_what_is_left(db: None):
    """70.00 over 36 months; at the year's end 10.00 come back, and what was expensed follows at once."""
    plan("straight", cost="STRAIGHT_LINE", months=36)
    sign(by_plan="straight")
    cast.run_due(at("2026-02-01"))
    january = report("2026-01")
    use("u1", 60_000, "2026-06-01")
    cast.run_due(END)
    december = report("2026-12")

    head = ["Acme", "c1", "Straight", date(2026, 1, 1)]
    assert rows(january, -1) == [[*head, 0, 7_000, 0, -194, 0, 6_806]]
    assert rows(december, -1) == [[*head, 4_861, 0, -1_000, 139, 0, 4_000]]
    assert ties(january) == [
        ("2300", 7_000),
        ("1350", 0),
        ("1300", 6_806),
        ("6100", 0),
        ("6110", 194),
    ]
    assert ties(december) == [
        ("2300", 7_000), ("1350", 1_000), ("1300", 4_000), ("6100", 0), ("6110", -139),
    ]  # fmt: skip


def test_what_ends_early_is_written_down_and_was_still_running_as_known_before(db: None):
    plan("used", cost="CONSUMPTION")
    contract = sign(by_plan="used")
    use("u1", 20_000, "2026-02-01")
    cast.run_due(at("2026-03-05"))
    known = at("2026-03-05")
    before = report("2026-02", known)
    termination.terminate(
        contract, end=at("2026-05-01"), by="Sam", reason="closed down", at=at("2026-04-10")
    )
    cast.run_due(at("2026-05-02"))
    april = report("2026-04")

    assert report("2026-02", known) == before
    assert [row[2] for row in rows(before, OPEN)] == [date(2026, 12, 31)]
    assert rows(april, OWED_BACK) == [["ann", 0, 5_000, 0, 5_000]]
    [cost] = rows(april, -1)
    assert (cost[4], cost[6], cost[-1]) == (5_600, -5_000, 0)
    assert sum(int(str(cell)) for cell in cost[7:9]) == -600
    assert ties(april)[1:3] == [("1350", 5_000), ("1300", 0)]


def test_commission_of_other_currencies_is_in_the_books_currency_and_what_is_at_risk_in_its_own(
    db: None,
):
    """€70.00 at 1.10 are $77.00; the €20.00 that come back at 1.20 are $24.00."""
    for rate, since in (("1.10", START), ("1.20", at("2026-06-01"))):
        exchange.publish(
            from_currency="EUR", to_currency="USD", rate=rate, effective_from=since, by="Fiona", at=since
        )  # fmt: skip
    plan()
    sign()
    sign(buyer=cast.customer("berlin", currency="EUR"), code="c2", currency="EUR")
    use("u1", 100_000, "2026-02-01")
    use("u2", 50_000, "2026-02-01", contract="c2", customer="berlin")
    february = report("2026-02")
    pay("ann", "2026-03-01", "EUR")
    cast.run_due(END)
    march, december = report("2026-03"), report("2026-12")

    assert [table.currency for table in february.tables[OPEN : OPEN + 2]] == ["USD", "EUR"]
    assert [row[3:] for row in rows(february, OPEN + 1)] == [
        [50_000, 7_000, 5_000, 0, 2_000, 0, 3_000]
    ]
    assert rows(march, COMING) == [["ann", 14_700, 0, 0, 0, -7_700, 0, 7_000]]
    assert rows(december, OWED_BACK) == [["ann", 0, 2_400, 0, 2_400]]
    assert rows(december, COMING) == [["ann", 7_000, 0, 3_000, 0, 0, 0, 10_000]]
    assert ties(december)[:2] == [("2300", 10_000), ("1350", 2_400)]


def test_overage_that_was_lost_is_taken_back_in_the_month_in_which_that_was_known(db: None):
    """110.00 with overage of 100.00; its invoice is written off while the next year runs."""
    policies.change(
        policies.BOOKS, {"money_alone_up_to": "1000"}, effective_at=START, recorded_at=START,
        by="Fiona", approved_by="Augusta",
    )  # fmt: skip
    plan()
    sign(settings={"overage_pct": "50"})
    use("u1", 110_000, "2026-11-20")
    cast.run_due(at("2027-03-10"))
    write_offs.write_off(
        Invoice.objects.get(lines__charge__kind="OVERAGE"), by="Fiona", reason="bankrupt",
        at=at("2027-03-10"),
    )  # fmt: skip
    cast.run_due(at("2027-04-01"))

    assert rows(report("2026-12"), COMING) == [["ann", 7_000, 0, 4_000, 1_000, 0, 0, 11_000]]
    assert [row[4:] for row in rows(report("2027-03"), MOVED)] == [[0, 0, 0, -1_000]]
    assert ties(report("2027-03"))[:2] == [("2300", 11_000), ("1350", 1_000)]


def test_what_does_not_tie_is_said_on_the_page_and_in_the_files(db: None):
    plan()
    sign()
    journal.post(
        Posting(on=date(2026, 1, 31), recipe="JE-26", memo="by hand", source="by hand"),
        debit={chart.COMMISSION: 123}, credit={chart.COMMISSIONS: 123},
        currency=books.current(START).currency, at=at("2026-01-31"),
    )  # fmt: skip
    fiona = staff.as_(staff.person(Role.FINANCE))
    page = fiona.get(addresses.of("report", "commissions"), {"month": "2026-01"}).content.decode()
    csv = fiona.get(
        addresses.of("report_file", "commissions.csv"), {"month": "2026-01"}
    ).content.decode()

    assert "differs by -$1.23" in page
    assert "Open for payment,70.00,2300,71.23,-1.23" in csv
    assert "Expensed at once,".strip(",") in csv


def test_reps_are_shown_in_a_picture_of_what_is_earned_at_risk_and_held_back(db: None):
    plan()
    sign(ANN_AND_BOB)
    use("u1", 25_000, "2026-01-20")
    [picture] = report("2026-01").pictures

    assert re.findall(r"<td>(.*?)</td>", picture.drawing) == [
        "$18.75", "$33.75", "$22.50", "$6.25", "$11.25", "$7.50",
    ]  # fmt: skip
    assert "earned so far $25.00, at risk $45.00, held back $30.00" in picture.drawing


def test_it_is_for_those_who_may_see_what_all_reps_earn(db: None):
    def asked(who: Person) -> tuple[int, int, bool]:
        client = staff.as_(who)
        page = client.get(addresses.of("report", "commissions"))
        file = client.get(addresses.of("report_file", "commissions.csv"))
        listed = (
            addresses.of("report", "commissions")
            in client.get(addresses.of("reports")).content.decode()
        )
        return page.status_code, file.status_code, listed

    reader = staff.person(Role.SUPPORT)
    reader.user_permissions.add(*Permission.objects.filter(codename="read_revenue"))

    assert asked(staff.person(Role.AUDITOR)) == (200, 200, True)
    assert asked(reader) == (403, 403, False)
