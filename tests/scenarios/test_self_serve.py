"""Subscriptions as what-ifs (Q1-Q6): graces of every end, declined cards, zones, late use, and the proof.

Each story is played in the language of scenario files; after it nothing is broken.
"""

from __future__ import annotations

from typing import Any

import pytest

from creditops.scenarios.play import play
from tests import cast

pytestmark = pytest.mark.django_db

PLANS = [("Starter", 5000, "50.00"), ("Growth", 10000, "90.00"), ("Scale", 25000, "200.00")]


def utc(text: str) -> str:
    """`"05-18 10:00"` of 2026, in UTC."""
    day, _, time = text.partition(" ")
    return f"2026-{day}T{time or '00:00'}{':00' if len(time) < 6 else ''}Z"


def step(when: str, do: str, **fields: Any) -> dict[str, Any]:
    return {"at": utc(when), "do": do, **fields}


def expect(when: str, *checks: dict[str, Any]) -> dict[str, Any]:
    return {"at": utc(when), "expect": list(checks)}


def use(when: str, key: str, credits: int, account: str = "s1", **fields: Any) -> dict[str, Any]:
    return step(when, "usage", key=key, account=account, credits=credits, **fields)


def check(kind: str, **fields: Any) -> dict[str, Any]:
    return {"check": kind, **fields}


def status(of: str = "s1", **fields: Any) -> dict[str, Any]:
    return check("status", of=of, **fields)


def document(name: str, **fields: Any) -> dict[str, Any]:
    return check("document", document=name, **fields)


def entry(day: str, debit: dict[str, str], credit: dict[str, str]) -> dict[str, Any]:
    return {"date": f"2026-{day}", "debit": debit, "credit": credit}


def begun(
    when: str = "05-01", plan: str = "Starter", *, offered=PLANS, zone: str = "UTC", **policies
):
    """Acme subscribes."""
    return [
        step(when, "customer", name="acme", zone=zone),
        *(step(when, "plan", name=n, credits=c, price=p) for n, c, p in offered),
        step(when, "subscribe", name="s1", customer="acme", plan=plan, policies=policies),
    ]


def story(*steps: dict[str, Any], until: str | None = None, **books: Any) -> None:
    """Play it, and prove the books afterwards."""
    scenario: dict[str, Any] = {
        "format": 1, "id": "Z01", "title": "t", "covers": ["Q1"], "steps": list(steps),
        "expect": [],
    } | books  # fmt: skip
    if until:
        scenario["until"] = utc(until)
    report = play(scenario)

    assert report.refused == []
    assert [(r.at, r.check, r.differences) for r in report.results if not r.passed] == []
    assert cast.breaches(cast.at("2027-01-01")) == []


def test_a_grace_ends_at_once_when_all_that_it_allows_is_used():
    story(
        *begun(),
        use("05-18 10:00", "u1", 5000),
        use("05-18 10:05", "u2", 100),
        use("05-18 10:06", "u3", 151),
        expect("05-18 10:06", check("event", key="u3", status="REFUSED", overage=0),
               status(grace_ends=utc("05-19 10:05"))),
        use("05-18 11:00", "u4", 150),
        expect("05-18 11:00", status(plan="Growth", grace_started=None),
               check("balance", account="s1", credits=4750, overage=0),
               check("event", key="u4", status="APPLIED", overage=150,
                     draws=[{"block": "s1.p1.upgrade1", "credits": 150, "value": "1.20"}]),
               check("block", block="s1.p1.upgrade1", used=250, released="2.00")),
        expect("05-20", check("journal", entries=[
            entry("05-01", {"1000": "50.00"}, {"2100": "50.00"}),
            entry("05-18", {"2100": "50.00"}, {"4000": "50.00"}),
            entry("05-18", {"1000": "40.00"}, {"2100": "40.00"}),
            entry("05-18", {"2100": "2.00"}, {"4000": "2.00"}),
        ])),
    )  # fmt: skip


def test_a_period_that_ends_in_the_grace_bills_it_at_the_old_plans_unit_price():
    story(
        *begun(),
        use("05-31 20:00", "u1", 5100),
        expect("05-31 20:00", status(grace_started=utc("05-31 20:00"), grace_ends=utc("06-01 00:00")),
               check("balance", account="s1", credits=0, overage=100)),
        expect("06-01", status(status="ACTIVE", plan="Growth", period_consumption=0),
               document("s1.p1.grace.invoice", status="PAID", total="1.00",
                        lines=[{"kind": "GRACE", "credits": 100, "amount": "1.00"}]),
               document("s1.p2.invoice", status="PAID", total="90.00",
                        lines=[{"kind": "SUBSCRIPTION", "credits": 10000, "amount": "90.00"}]),
               check("balance", account="s1", credits=10000, overage=0),
               check("event", key="u1", overage=100)),
        expect("06-02", check("journal", entries=[
            entry("05-01", {"1000": "50.00"}, {"2100": "50.00"}),
            entry("05-31", {"2100": "50.00"}, {"4000": "50.00"}),
            entry("05-31", {"1150": "1.00"}, {"4020": "1.00"}),
            entry("06-01", {"1100": "1.00"}, {"1150": "1.00"}),
            entry("06-01", {"1000": "1.00"}, {"1100": "1.00"}),
            entry("06-01", {"1000": "90.00"}, {"2100": "90.00"}),
        ]), check("revenue", period="2026-05", usage="50.00", overage="1.00", total="51.00")),
    )  # fmt: skip


def test_without_a_larger_plan_grace_use_is_charged_and_use_stops():
    story(
        *begun(plan="Scale"),
        use("05-18 10:00", "u1", 25000),
        use("05-18 10:05", "u2", 125),
        use("05-19 10:05", "u3", 1),
        expect("05-19 10:05", status(plan="Scale", status="ACTIVE"),
               document("s1.p1.grace.invoice", status="PAID", total="1.00"),
               check("event", key="u2", overage=125),
               check("event", key="u3", status="REFUSED", code="INSUFFICIENT_CREDITS"),
               check("journal", entries=[
                   entry("05-01", {"1000": "200.00"}, {"2100": "200.00"}),
                   entry("05-18", {"2100": "200.00", "1150": "1.00"}, {"4000": "200.00", "4020": "1.00"}),
                   entry("05-19", {"1000": "1.00"}, {"1150": "1.00"}),
               ])),
        use("05-25", "late", 75, event_time=utc("05-24")),
        expect("06-01", check("event", key="late", status="APPLIED", overage=75),
               document("s1.p1.grace.invoice", total="0.60", status="PAID"),
               document("s1.p2.invoice", total="200.00"),
               check("account_balance", code="1150", as_of="2026-06-01", debit="0.00")),
    )  # fmt: skip


def test_a_card_that_works_again_pays_on_the_fifth_day():
    story(
        *begun(),
        step("05-20", "set_card", customer="acme", works=False),
        expect("06-01", status(status="PAST_DUE", plan="Starter")),
        step("06-04 12:00", "set_card", customer="acme", works=True),
        expect("06-05 23:59", status(status="PAST_DUE")),
        expect("06-06", status(status="ACTIVE"),
               document("s1.p2.invoice", date="2026-06-06", total="50.00", status="PAID"),
               check("block", block="s1.p2", granted=5000, effective_at=utc("06-06"),
                     expires_at=utc("09-01"))),
        expect("07-01", document("s1.p3.invoice", date="2026-07-01", status="PAID"),
               check("account_balance", code="1000", as_of="2026-07-01", debit="150.00")),
    )  # fmt: skip


@pytest.mark.parametrize("paid_on", ["06-05", "06-20"])
def test_a_transfer_pays_what_the_card_did_not(paid_on):
    story(
        *begun(),
        use("05-02", "u1", 5000),
        step("05-20", "set_card", customer="acme", works=False),
        use("06-02", "u2", 1),
        step(paid_on, "pay", invoice="s1.p2.invoice", amount="49.00", fails_with="CHARGE_NOT_WHOLE"),
        step(paid_on, "pay", invoice="s1.p2.invoice", amount="50.00"),
        expect(paid_on, status(status="ACTIVE"), check("event", key="u2", status="REFUSED"),
               document("s1.p2.invoice", status="PAID", open="0.00"),
               check("balance", account="s1", credits=5000),
               check("account_balance", code="1100", as_of="2026-06-30", debit="0.00")),
        until="06-21",
    )  # fmt: skip


def test_an_upgrade_whose_card_is_declined_leaves_the_use_owed():
    story(
        *begun(),
        use("05-18 10:00", "u1", 5000),
        use("05-18 10:05", "u2", 200),
        step("05-18 12:00", "set_card", customer="acme", works=False),
        use("05-19 11:00", "u3", 1),
        expect("05-19 11:00", status(status="PAST_DUE", plan="Starter"),
               check("event", key="u3", status="REFUSED"),
               check("balance", account="s1", credits=0, overage=200),
               check("count", what="invoices", **{"is": 1})),
        step("05-21", "set_card", customer="acme", works=True),
        expect("05-22", status(status="ACTIVE", plan="Growth"),
               document("s1.p1.upgrade1.invoice", date="2026-05-22", total="40.00"),
               check("block", block="s1.p1.upgrade1", used=200, left=4800)),
        until="06-01",
    )  # fmt: skip


def test_grace_use_stays_owed_when_the_period_ends_unpaid():
    story(
        *begun(),
        use("05-28 10:00", "u1", 5200),
        step("05-28 12:00", "set_card", customer="acme", works=False),
        expect("06-01", status(status="PAST_DUE", plan="Growth"),
               document("s1.p1.grace.invoice", total="2.00", status="ISSUED"),
               check("account_balance", code="1100", as_of="2026-06-01", debit="2.00"),
               check("account_balance", code="1150", as_of="2026-06-01", debit="0.00"),
               check("count", what="invoices", **{"is": 2})),
        expect("06-08", status(status="SUSPENDED")),
        step("06-10", "pay", invoice="s1.p1.grace.invoice", amount="2.00"),
        expect("06-10", status(status="SUSPENDED"), document("s1.p1.grace.invoice", status="PAID")),
        until="07-02",
    )  # fmt: skip


def test_a_second_grace_in_a_period_is_measured_by_the_plan_it_has_then():
    story(
        *begun(),
        use("05-10 10:00", "u1", 5100),
        use("05-12 10:00", "u2", 4900),
        use("05-12 10:01", "u3", 501),
        use("05-12 10:02", "u4", 400),
        expect("05-12 10:02", check("event", key="u3", status="REFUSED"),
               status(plan="Growth", grace_started=utc("05-12 10:02"))),
        expect("05-13 10:02", status(plan="Scale"),
               document("s1.p1.upgrade2.invoice", total="110.00", status="PAID"),
               check("block", block="s1.p1.upgrade2", granted=15000, used=400),
               check("balance", account="s1", credits=14600, overage=0)),
        until="06-01",
    )  # fmt: skip


def test_a_plan_follows_use_down_at_the_boundary_unless_it_may_only_go_up():
    steps = [
        *begun(plan="Growth"),
        step("05-01", "subscribe", name="s2", customer="acme", plan="Growth",
             policies={"auto_adjust": "UP_ONLY"}),
        use("05-10", "u1", 100),
        use("05-10", "u2", 100, account="s2"),
    ]  # fmt: skip

    story(
        *steps,
        expect("06-01", status(plan="Starter"), document("s1.p2.invoice", total="50.00"),
               status("s2", plan="Growth"), document("s2.p2.invoice", total="90.00"),
               check("balance", account="s1", credits=14900),
               check("balance", account="s2", credits=19900)),
    )  # fmt: skip


def test_periods_begin_at_midnights_of_the_customers_zone_and_never_drift():
    story(
        *begun("01-31 12:00", zone="Europe/Berlin"),
        use("02-27 22:59:59", "u1", 10),
        use("02-27 23:00:00", "u2", 20),
        expect("02-27 23:00", status(period_consumption=20),
               document("s1.p2.invoice", total="50.00")),
        expect("03-30 22:00", document("s1.p3.invoice", total="50.00")),
        expect("04-29 22:00", document("s1.p4.invoice", total="50.00"),
               check("block", block="s1.p1", expires_at=utc("03-31 22:00"), left=0)),
    )  # fmt: skip


def test_a_grace_is_real_hours_across_a_clock_change():
    story(
        *begun("03-10", zone="Europe/Berlin"),
        use("03-28 20:00", "u1", 5100),
        expect("03-28 20:00", status(grace_ends=utc("03-29 20:00"))),
        until="04-11",
    )  # fmt: skip


def test_a_correction_in_the_grace_leaves_nothing_to_settle_and_the_next_is_a_grace_of_its_own():
    story(
        *begun(),
        use("05-18 10:00", "u1", 5000),
        use("05-18 10:05", "u2", 200),
        step("05-18 11:00", "correct_usage", key="u2", account="s1", credits=0),
        expect("05-19 12:00", status(plan="Starter", status="ACTIVE"),
               check("balance", account="s1", credits=0, overage=0),
               check("count", what="invoices", **{"is": 1})),
        use("05-20 10:00", "u3", 250),
        expect("05-20 10:00", status(plan="Growth"),
               check("block", block="s1.p1.upgrade1", used=250)),
        step("05-21", "void_usage", key="u3", account="s1"),
        expect("05-21", check("block", block="s1.p1.upgrade1", used=0, left=5000, released="0.00")),
        until="06-01",
    )  # fmt: skip


def test_late_use_of_a_period_that_is_over_is_charged_beside_at_its_plans_price():
    story(
        *begun(),
        use("05-18 10:00", "u1", 4900),
        use("06-03", "late", 300, event_time=utc("05-30")),
        expect("06-03", check("event", key="late", status="APPLIED", overage=200),
               document("s1.p1.grace.invoice", total="2.00", status="PAID", date="2026-06-03"),
               status(plan="Starter", status="ACTIVE")),
        until="07-01",
    )  # fmt: skip


def test_without_hours_an_upgrade_is_bought_with_the_first_use_beyond_the_balance():
    story(
        *begun(grace_hours=0),
        use("05-18 10:00", "u1", 5100),
        expect(
            "05-18 10:00",
            status(plan="Growth"),
            check("balance", account="s1", credits=4900, overage=0),
        ),
    )


def test_without_a_share_there_is_no_grace():
    story(
        *begun(grace_pct="0"),
        use("05-18 10:00", "u1", 5001),
        expect("05-18 10:00", check("event", key="u1", status="REFUSED",
                                    code="INSUFFICIENT_CREDITS"),
               status(plan="Starter", grace_started=None)),
    )  # fmt: skip


def test_what_is_left_of_a_cancelled_subscription_is_used_until_its_credits_end():
    story(
        *begun(),
        use("05-10", "u1", 1000),
        step("05-11", "cancel", of="s1"),
        expect("06-01", status(status="ENDED"), check("count", what="invoices", **{"is": 1})),
        use("06-10", "u2", 1000),
        use("06-10", "u3", 3001),
        expect("06-10", check("event", key="u2", status="APPLIED"),
               check("event", key="u3", status="REFUSED"),
               check("balance", account="s1", credits=3000)),
        expect("08-01", check("block", block="s1.p1", expired=3000, left=0),
               check("revenue", usage="20.00", breakage="30.00")),
    )  # fmt: skip


def test_a_grace_of_a_cancelled_subscription_is_charged_and_buys_no_larger_plan():
    story(
        *begun(),
        step("05-11", "cancel", of="s1"),
        use("05-18 10:00", "u1", 5100),
        expect(
            "05-19 10:00", document("s1.p1.grace.invoice", total="1.00"), status(plan="Starter")
        ),
        expect("06-01", status(status="ENDED"), check("count", what="invoices", **{"is": 2})),
    )


def test_taxes_are_on_every_charge_and_credits_cost_what_they_cost_net():
    story(
        step("05-01", "tax_rate", country="DE", rate_pct="19"),
        step("05-01", "customer", name="acme", country="DE"),
        *(step("05-01", "plan", name=n, credits=c, price=p) for n, c, p in PLANS),
        step("05-01", "subscribe", name="s1", customer="acme", plan="Starter"),
        use("05-18 10:00", "u1", 5200),
        expect("05-20", document("s1.p1.invoice", net="50.00", tax="9.50", total="59.50"),
               document("s1.p1.upgrade1.invoice", net="40.00", tax="7.60", total="47.60"),
               check("block", block="s1.p1.upgrade1", cost="40.00"),
               check("account_balance", code="2200", as_of="2026-05-20", credit="17.10"),
               check("account_balance", code="1000", as_of="2026-05-20", debit="107.10")),
        books={"country": "DE", "vat_id": "DE123456789"},
    )  # fmt: skip


def test_a_declined_card_begins_nothing():
    story(
        step("05-01", "customer", name="acme"),
        step("05-01", "set_card", customer="acme", works=False),
        step("05-01", "plan", name="Starter", credits=5000, price="50.00"),
        step("05-01", "subscribe", name="s1", customer="acme", plan="Starter",
             fails_with="CARD_DECLINED"),
        expect("05-01", check("count", what="invoices", **{"is": 0}), status("Starter", status="ACTIVE")),
    )  # fmt: skip


def test_jobs_run_by_hand_do_the_same_and_eligibility_waits_for_nobody():
    story(
        *begun(),
        use("05-18 10:00", "u1", 5200),
        use("05-19 10:06", "u2", 100),
        expect("05-19 10:06", status(plan="Growth"), check("event", key="u2", overage=0),
               check("balance", account="s1", credits=4700)),
        use("06-01 00:01", "u3", 100),
        expect("06-01 00:01", document("s1.p2.invoice", total="90.00"),
               status(period_consumption=100)),
        jobs="manual",
    )  # fmt: skip


def test_a_smaller_currency_unit_and_odd_prices_round_once():
    story(
        step("05-01", "customer", name="acme", currency="JPY"),
        step("05-01", "plan", name="Mini", credits=700, price="1999"),
        step("05-01", "subscribe", name="s1", customer="acme", plan="Mini"),
        use("05-30 12:00", "u1", 711),
        use("05-30 12:01", "u2", 11),
        expect("05-31 12:00", document("s1.p1.grace.invoice", total="63", lines=[
            {"kind": "GRACE", "credits": 22, "amount": "63"}]),
               check("revenue", usage="1999", overage="63")),
        books={"currency": "JPY"},
        until="06-01",
    )  # fmt: skip
