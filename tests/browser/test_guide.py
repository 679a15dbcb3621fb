"""The guide's example by clicks alone: 800,000 sold by quote, 600,000 used, 200,000 rolled over, renewed at
600,000; 1,000,000 used with 200,000 of overage, renewed at 1,000,000 (S49, S50, X1, X8); and at each point
what Sam, who sold it, has earned (S56 to S60, C2 to C6, X11 to X13).

100 credits cost $1.00. The plan pays 10 % of what is sold and used, 80 % of it at close.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts import keys, people
from accounts.roles import Role
from contracts import agreements, prices
from contracts.models import Contract
from invoicing import seller
from invoicing.models import Invoice
from tests import cast
from tests.browser import opened
from tests.browser.commission_walk import SAM, CommissionDesk
from tests.browser.guide_walk import PASSWORD, Walk
from tests.cast import START, at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]
STAFF = (
    ("sam", Role.SALES_REP), ("mara", Role.SALES_MANAGER), ("fiona", Role.CONTROLLER),
    ("carla", Role.FINANCE),
)  # fmt: skip


@pytest.fixture
def walk(live_server, monkeypatch, settings):
    with opened(live_server.url, "desktop", monkeypatch) as page:
        walk = Walk(page, live_server.url, monkeypatch, settings)
        seller.define(name="Lumen AI", country="US")
        prices.publish(
            currency="USD", credits_per_currency_unit=100, effective_from=START, by="Mara", at=START
        )
        cast.customer()
        for name, role in STAFF:
            people.add_staff(
                email=f"{name}@vendor.example", name=name.title(), role=role, at=START,
                password=PASSWORD,
            )  # fmt: skip
        _, walk.key = keys.create(name="product", scopes=["usage:write"], by="Ines", at=START)
        yield walk


def test_two_years_of_the_guide_and_their_commission_by_clicks(walk: Walk):
    commission = CommissionDesk(walk)
    commission.set_up_plan(rate_pct="10", upfront_pct="80")

    code = sold(walk)
    commission_at_signing(commission)

    first_year_used(walk, code)
    commission_is_at_risk(commission)
    renewed_at_what_was_used(walk, code)
    commission_of_the_first_year_is_taken_back(commission)

    second_year_used(walk, code)
    commission_of_overage_is_to_come(commission)
    renewed_with_overage_billed_beside_it(walk, code)
    commission_of_the_second_year_is_granted(commission)

    assert cast.breaches(walk.now) == []


def sold(walk: Walk) -> str:
    """Year one: 800,000 sold by quote, accepted by link. The deal is Sam's, who makes the quote."""
    walk.log_in(SAM)
    walk.page.goto(f"{walk.home}/admin/desk/customer/acme/")
    walk.click("New quote")
    walk.page.get_by_label("Credits", exact=False).first.fill("800,000")
    walk.page.get_by_label("Commission plan").select_option("standard")
    walk.page.get_by_text("$8,000.00").first.wait_for()
    # 10 % x 80 % x $8,000.00, and 10 % of all of it.
    assert_fact(walk, "Commission at close", "$640.00")
    assert_fact(walk, "Commission, all used", "$800.00")
    walk.click("Keep the draft")
    walk.accept(walk.send())
    contract = Contract.objects.get()
    assert cast.left(contract, walk.now) == 800_000
    walk.log_in(SAM)
    walk.page.goto(f"{walk.home}/admin/desk/contract/{contract.code}/")
    assert_fact(walk, "Commission goes to", SAM)
    assert_fact(walk, "Commission plan", "Standard, version 1: 10 %, 80 % of it at close")
    return contract.code


def commission_at_signing(desk: CommissionDesk) -> None:
    """Close grants 10 % x 80 % x $8,000.00 = $640.00 (C2). Nothing is used: all of it is at risk (C6).
    Using all would bring $800.00: $160.00 are held back. Finance pays the $640.00."""
    shown = desk.of_sam(2026)
    assert shown.by_use == ("$0.00", "$640.00", "$0.00", "$160.00")
    assert shown.to_pay == ("$640.00", "$0.00", "$640.00")
    assert desk.of_finance(2026) == [
        (SAM, "USD", "$0.00", "$640.00", "$0.00", "$160.00", "$640.00", "$0.00", "$0.00", "$640.00",
         "$0.00"),
    ]  # fmt: skip

    desk.pay(2026)
    assert desk.of_sam(2026).to_pay == ("$0.00", "$0.00", "$0.00")


def first_year_used(walk: Walk, code: str) -> None:
    """600,000 are used."""
    walk.move_to(at("2026-06-15"))
    assert walk.use("year-1", 600_000, code)["status"] == "applied"


def commission_is_at_risk(desk: CommissionDesk) -> None:
    """10 % of $6,000.00 used = $600.00 are earned; $640.00 were granted: $40.00 are at risk (C6)."""
    assert desk.of_sam(2026).by_use == ("$600.00", "$40.00", "$0.00", "$160.00")


def renewed_at_what_was_used(walk: Walk, code: str) -> None:
    """The use is the next commitment, 200,000 roll over on top of it."""
    walk.move_to(at("2026-12-20"))
    walk.renew("600,000")
    walk.move_to(at("2027-01-01"))
    assert cast.left(agreements.find(code), walk.now) == 200_000 + 600_000


def commission_of_the_first_year_is_taken_back(desk: CommissionDesk) -> None:
    """Final = 10 % x $6,000.00 = $600.00; true-up = $600.00 - $640.00 = -$40.00, on the year's last day
    (C3, X11): what was held back is lost, since $2,000.00 were not used. The renewal's close grants
    10 % x 80 % x $6,000.00 = $480.00, of which the $40.00 are netted first: $440.00 are paid."""
    shown = desk.of_sam(2026)
    assert shown.by_use == ("$600.00", "$0.00", "$0.00", "$0.00")
    assert shown.to_pay == ("$480.00", "$40.00", "$440.00")
    assert [row[4:] for row in shown.contracts] == [
        ("$8,000.00", "$6,000.00", "$640.00", "$600.00", "$0.00", "$0.00", "$0.00", "$600.00"),
    ]  # fmt: skip
    assert [(row[0], *row[2:]) for row in shown.events] == [
        ("2026-01-01", "1", "at close", "$640.00", "$0.00", "$640.00"),
        ("2026-12-31", "1", "year's end", "$600.00", "$640.00", "-$40.00"),
    ]
    # Using the $6,000.00 of the renewal would bring $600.00: $120.00 of it are held back.
    assert desk.of_sam(2027).by_use == ("$0.00", "$480.00", "$0.00", "$120.00")
    assert desk.of_finance(2027) == [
        (SAM, "USD", "$0.00", "$480.00", "$0.00", "$120.00", "$480.00", "$0.00", "$0.00", "$480.00",
         "$40.00"),
    ]  # fmt: skip

    desk.pay(2027)
    assert desk.of_sam(2027).to_pay == ("$0.00", "$0.00", "$0.00")


def second_year_used(walk: Walk, code: str) -> None:
    """1,000,000 are used; beyond the cap of 120,000 somebody has to agree."""
    walk.move_to(at("2027-06-15"))
    assert walk.use("year-2", 800_000, code)["status"] == "applied"
    walk.now += timedelta(hours=1)
    assert walk.use("beyond", 200_000, code)["code"] == "overage_cap"
    walk.lift_cap("200,000")
    walk.now += timedelta(hours=1)
    assert walk.use("agreed", 200_000, code)["status"] == "applied"


def commission_of_overage_is_to_come(desk: CommissionDesk) -> None:
    """$2,000.00 rolled over, $6,000.00 of the renewal and $2,000.00 of overage are used: 10 % of
    $10,000.00 = $1,000.00 are earned, $480.00 were granted: $520.00 are to come (X12, X13)."""
    assert desk.of_sam(2027).by_use == ("$1,000.00", "$0.00", "$520.00", "$0.00")


def renewed_with_overage_billed_beside_it(walk: Walk, code: str) -> None:
    """Renewed at 1,000,000; the 200,000 of overage are billed beside it, at the same price."""
    walk.move_to(at("2027-12-20"))
    walk.renew("1,000,000")
    walk.move_to(at("2028-01-01"))
    assert cast.left(agreements.find(code), walk.now) == 1_000_000
    assert [
        (line.kind, line.credits, line.amount_minor)
        for line in Invoice.objects.latest("id").lines.all()
    ] == [("OVERAGE", 200_000, 200_000), ("COMMITMENT", 1_000_000, 1_000_000)]


def commission_of_the_second_year_is_granted(desk: CommissionDesk) -> None:
    """True-up = $1,000.00 - $480.00 = $520.00: $120.00 held back at the renewal's close are released,
    $200.00 come of the rolled-over credits, $200.00 of overage (X13). With the year before:
    640 - 40 + 480 + 520 = $1,600.00 = 10 % of the $16,000.00 used, nothing twice (X12).
    The second renewal grants 10 % x 80 % x $10,000.00 = $800.00, and holds $200.00 back."""
    shown = desk.of_sam(2027)
    assert [row[4:] for row in shown.contracts] == [
        ("$6,000.00", "$10,000.00", "$480.00", "$1,000.00", "$0.00", "$0.00", "$0.00", "$1,000.00"),
    ]  # fmt: skip
    assert [(row[0], *row[2:]) for row in shown.events] == [
        ("2027-01-01", "2", "at close", "$480.00", "$0.00", "$480.00"),
        ("2027-12-31", "2", "year's end", "$1,000.00", "$480.00", "$520.00"),
    ]
    assert shown.to_pay == ("$1,320.00", "$0.00", "$1,320.00")  # 520 + 800
    assert desk.of_sam(2028).by_use == ("$0.00", "$800.00", "$0.00", "$200.00")
    assert desk.of_finance(2027) == [
        (SAM, "USD", "$1,000.00", "$0.00", "$0.00", "$0.00", "$1,000.00", "$0.00", "$440.00",
         "$1,320.00", "$0.00"),
    ]  # fmt: skip


def assert_fact(walk: Walk, label: str, said: str) -> None:
    """The page says so under this label."""
    row = walk.page.locator(".facts > div", has=walk.page.get_by_text(label, exact=True))
    row.get_by_text(said, exact=True).wait_for()
