"""Revenue around month ends and closed months: variants of the examples, with their whole journals."""

import pytest

from creditops import verification
from creditops.scenarios.play import play

pytestmark = pytest.mark.django_db

DEAL = {"do": "contract", "name": "c1", "customer": "acme", "start": "2026-01-01", "credits": 1_000,
        "price": "100.00"}  # fmt: skip


def at(instant, **step):
    return {"at": instant if "T" in instant else f"{instant}T00:00:00Z", **step}


def use(instant, key, credits, account="c1", **more):
    return at(instant, do="usage", key=key, account=account, credits=credits, **more)


def entry(date, debit, credit):
    return {"date": date, "debit": debit, "credit": credit}


def journal(*entries, **chosen):
    return {"check": "journal", "entries": list(entries), **chosen}


def played(*steps, expect, until=None, **fields):
    """Play, tell what differs, and have the books proved afterwards."""
    scenario = {"format": 1, "id": "Z", "title": "t", "covers": ["V1"], "steps": list(steps)}
    scenario |= {"expect": list(expect), **fields} | ({"until": until} if until else {})
    report = play(scenario)
    breaches = [breach for _, found in verification.verify() for breach in found]
    return (
        report.refused,
        [(r.check, r.differences) for r in report.results if not r.passed],
        breaches,
    )


SOUND: tuple[list[object], ...] = ([], [], [])


def test_what_comes_for_a_closed_month_posts_when_it_comes_in_the_zone_of_the_books():
    """T7, L9: a late event, a correction, and a late event for credits that had expired meanwhile."""
    told = played(
        at("2026-01-01", do="customer", name="acme"),
        at("2026-01-01", do="purchase", name="b1", account="acme", credits=100, price="10.00",
           expires_at="2026-01-31T15:00:00Z"),
        use("2026-01-31T14:59:59Z", "a", 20, "acme"),
        at("2026-02-01", do="purchase", name="b2", account="acme", credits=100, price="20.00",
           expires_at="2026-06-30T15:00:00Z"),
        # Half past midnight on the first of March in Tokyo.
        use("2026-02-28T15:30:00Z", "b", 10, "acme"),
        at("2026-03-02", do="close_period", period="2026-01"),
        at("2026-03-02", do="close_period", period="2026-02"),
        use("2026-03-02T01:00:00Z", "late", 30, "acme", event_time="2026-01-31T14:00:00Z"),
        use("2026-03-03T01:00:00Z", "feb", 5, "acme", event_time="2026-02-10T00:00:00Z"),
        at("2026-03-04", do="correct_usage", key="a", account="acme", credits=15),
        at("2026-03-05", do="close_period", period="2026-01", fails_with="PERIOD_CLOSED"),
        books={"zone": "Asia/Tokyo"},
        until="2026-03-10T00:00:00Z",
        expect=[
            journal(
                entry("2026-01-01", {"1000": "10.00"}, {"2100": "10.00"}),
                entry("2026-01-31", {"2100": "10.00"}, {"4000": "2.00", "4010": "8.00"}),
                entry("2026-02-01", {"1000": "20.00"}, {"2100": "20.00"}),
                entry("2026-03-01", {"2100": "2.00"}, {"4000": "2.00"}),
                entry("2026-03-02", {"4010": "3.00"}, {"4000": "3.00"}),
                entry("2026-03-03", {"2100": "1.00"}, {"4000": "1.00"}),
                # Five credits come back to a block that has expired, and lapse at once.
                entry("2026-03-04", {"4000": "0.50"}, {"4010": "0.50"}),
            ),
            {"check": "event", "key": "late", "posting_date": "2026-03-02"},
            {"check": "roll_forward", "period": "2026-02", "opening": "0.00", "billed": "20.00",
             "usage": "0.00", "breakage": "0.00", "credit_notes": "0.00", "closing": "20.00"},
            {"check": "roll_forward", "period": "2026-03", "opening": "20.00", "billed": "0.00",
             "usage": "-5.50", "breakage": "2.50", "credit_notes": "0.00", "closing": "17.00"},
            {"check": "account_balance", "code": "2100", "as_of": "2026-01-31", "credit": "0.00"},
            {"check": "account_balance", "code": "2100", "as_of": "2026-02-28", "credit": "20.00",
             "account": "acme"},
            {"check": "account_balance", "code": "2100", "as_of": "2026-03-01", "credit": "18.00"},
            {"check": "revenue", "period": "2026-03", "usage": "5.50", "breakage": "-2.50", "total": "3.00"},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_proportional_breakage_with_a_correction_two_estimates_and_the_states_share():
    """V10, F3: cumulative catch-up up and down; what the state gets is owed when credits have expired."""
    told = played(
        at("2026-01-01", do="customer", name="acme"),
        at("2026-01-02", do="purchase", name="b1", account="acme", credits=1_000, price="100.00",
           expires_at="2026-07-01T00:00:00Z"),
        use("2026-01-10", "a", 300, "acme"),
        at("2026-01-20", do="estimate_breakage", block="b1", expected_redeemed=600),
        at("2026-02-10", do="correct_usage", key="a", account="acme", credits=200),
        at("2026-02-20", do="estimate_breakage", block="b1", expected_redeemed=800),
        at("2026-03-05", do="close_period", period="2026-02"),
        # Two estimates in a month: the last one counts; it is below what is used, so what is used counts.
        at("2026-03-10", do="estimate_breakage", block="b1", expected_redeemed=500),
        at("2026-03-11", do="estimate_breakage", block="b1", expected_redeemed=100),
        at("2026-04-02", do="estimate_breakage", block="b1", expected_redeemed=400),
        at("2026-04-03", do="estimate_breakage", block="b1", expected_redeemed=1_000, post_on="2026-04-03"),
        books={"policies": {"breakage": "PROPORTIONAL", "escheat_pct": "10"}},
        until="2026-07-02T00:00:00Z",
        expect=[
            journal(
                entry("2026-01-02", {"1000": "100.00"}, {"2100": "100.00"}),
                entry("2026-01-31", {"2100": "48.00"}, {"4000": "30.00", "4010": "18.00"}),
                entry("2026-02-28", {"4000": "10.00", "4010": "13.50"}, {"2100": "23.50"}),
                # All of it is earned but the state's tenth of what nobody will use.
                entry("2026-03-31", {"2100": "67.50"}, {"4010": "67.50"}),
                entry("2026-04-03", {"4010": "72.00"}, {"2100": "72.00"}),
                entry("2026-06-30", {"2100": "80.00"}, {"4010": "72.00", "2400": "8.00"}),
            ),
            {"check": "block", "block": "b1", "used": 200, "expired": 800, "left": 0, "value_left": "0.00"},
            {"check": "roll_forward", "period": "2026-02", "opening": "52.00", "billed": "0.00",
             "usage": "10.00", "breakage": "13.50", "credit_notes": "0.00", "closing": "75.50"},
            {"check": "maturity", "as_of": "2026-02-28", "current": "75.50", "non_current": "0.00"},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_roll_forward_and_maturity_of_richer_books():
    """Z2, V21: bonus, a credit note before and after payment, a void, a contract that begins next month, one
    without rollover, credits with and without an end near the year."""
    told = played(
        at("2026-01-01", do="customer", name="acme"),
        at("2026-01-01", do="customer", name="quill", policies={"rollover": "NONE"}),
        at("2026-01-01", **DEAL, bonus={"name": "extra", "credits": 250}),
        at("2026-01-05", do="contract", name="c2", customer="quill", start="2026-02-01", credits=600,
           price="60.00", term_months=6, due="2026-01-20"),
        at("2026-01-10", do="purchase", name="p1", account="quill", credits=50, price="5.00", pay="INVOICE",
           expires_at="2027-01-31T00:00:00Z"),
        at("2026-01-11", do="purchase", name="p2", account="quill", credits=50, price="5.00", pay="INVOICE",
           expires_at="2027-02-01T00:00:01Z"),
        at("2026-01-12", do="void_invoice", invoice="p1.invoice", reason="twice"),
        use("2026-01-15", "a", 250),
        at("2026-01-16", do="credit_note", name="n1", invoice="c1.t1.invoice", credits=100),
        use("2026-02-03", "b", 100, "c2"),
        until="2026-02-10T00:00:00Z",
        expect=[
            {"check": "roll_forward", "period": "2026-01", "opening": "0.00", "billed": "170.00",
             "usage": "-20.00", "breakage": "0.00", "credit_notes": "-13.00", "closing": "137.00"},
            {"check": "roll_forward", "period": "2026-02", "opening": "137.00", "billed": "0.00",
             "usage": "-10.00", "breakage": "0.00", "credit_notes": "0.00", "closing": "127.00"},
            {"check": "roll_forward", "period": "2026", "opening": "0.00", "billed": "170.00",
             "usage": "-30.00", "breakage": "0.00", "credit_notes": "-13.00", "closing": "127.00"},
            # c1 may roll over once more; c2 does not, and its credits are still to come; p2 ends a second
            # too late.
            {"check": "maturity", "as_of": "2026-01-31", "current": "60.00", "non_current": "77.00"},
            {"check": "maturity", "as_of": "2026-02-01", "current": "65.00", "non_current": "72.00"},
            {"check": "revenue", "period": "2026-01", "account": "c1", "usage": "20.00", "total": "20.00"},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_entitlements_go_on_by_day_across_a_closed_month():
    """V7, T7: days of a closed month that nobody had posted are earned when the work is done."""
    told = played(
        at("2026-01-01", do="customer", name="acme"),
        at("2026-01-01", do="publish_rates", card="std", version="1", items=[
            {"item": "one", "credits": 1},
            {"item": "sso", "kind": "FLAT", "credits": 365, "period_months": 12}]),
        at("2026-01-01", **DEAL, rate_card="std"),
        at("2026-01-01T10:00:00Z", do="unlock", name="u1", account="c1", item="sso", start="2026-01-01"),
        at("2026-02-02", do="close_period", period="2026-01"),
        at("2026-03-02", do="run_jobs"),
        jobs="manual",
        until="2026-03-02T00:00:00Z",
        expect=[
            journal(
                entry("2026-01-01", {"2100": "36.50"}, {"2120": "36.50"}),
                entry("2026-02-28", {"2120": "2.80"}, {"4000": "2.80"}),
                entry("2026-03-02", {"2120": "3.10"}, {"4000": "3.10"}),
                codes=["2100", "2120", "4000"], **{"from": "2026-01-01"},
            )
        ],
    )  # fmt: skip

    assert told[0] == []
    assert told[2] == []


def test_books_of_other_zones_have_their_months_there():
    """T7: the last hours of a month in Los Angeles are the next month in Berlin."""
    told = played(
        at("2026-03-01T12:00:00Z", do="customer", name="acme", zone="Europe/Berlin"),
        at("2026-03-01T12:00:00Z", do="purchase", name="b1", account="acme", credits=100, price="10.00",
           expires_at="2026-03-31T22:00:00Z"),
        use("2026-03-31T21:30:00Z", "a", 40, "acme"),
        at("2026-04-01T06:59:00Z", do="close_period", period="2026-03", fails_with="PERIOD_NOT_OVER"),
        at("2026-04-01T07:00:00Z", do="close_period", period="2026-03"),
        books={"zone": "America/Los_Angeles"},
        until="2026-04-01T08:00:00Z",
        expect=[
            journal(
                entry("2026-03-01", {"1000": "10.00"}, {"2100": "10.00"}),
                entry("2026-03-31", {"2100": "10.00"}, {"4000": "4.00", "4010": "6.00"}),
            )
        ],
    )  # fmt: skip

    assert told == SOUND
