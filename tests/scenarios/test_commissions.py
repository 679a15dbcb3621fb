"""Commission in scenarios: what the examples of the rule book leave open, played out."""

import pytest

from creditops.scenarios.play import play

pytestmark = pytest.mark.django_db

BOOKS = ["1300", "1350", "2300", "6100", "6110"]
START = "2026-01-01T00:00:00Z"
YEARS_END = "2027-01-01T00:00:00Z"


def plan(**said):
    usual = {"at": START, "do": "commission_plan", "name": "plan", "rate_pct": "10",
             "upfront_pct": "70"}  # fmt: skip
    return usual | said


def contract(at=START, **said):
    usual = {"at": at, "do": "contract", "name": "c1", "customer": "acme", "start": "2026-01-01",
             "credits": 100_000, "price": "1000.00", "commission_plan": "plan"}  # fmt: skip
    return usual | said


def used(at, credits, **said):
    return {"at": at, "do": "usage", "key": f"u{at}", "account": "c1", "credits": credits} | said


def year(**wanted):
    return {"check": "commission", "contract": "c1"} | wanted


def cost(day, cost, amortised, carrying):
    return {"check": "contract_cost", "contract": "c1", "as_of": day, "cost": cost,
            "amortised": amortised, "carrying": carrying}  # fmt: skip


def entry(day, debit, credit):
    return {"date": day, "debit": debit, "credit": credit}


def journal(*entries, codes=BOOKS, **filters):
    return {"check": "journal", "entries": list(entries), "codes": codes} | filters


def told(*steps, until, expect, **said):
    """Plays the steps; what went wrong, nothing if all is as expected."""
    scenario = {"format": 1, "id": "Z01", "title": "t", "covers": ["C1"], "until": until}
    acme = {"at": START, "do": "customer", "name": "acme"}
    report = play(scenario | {"steps": [acme, *steps], "expect": expect} | said)
    failed = [(r.check, r.differences) for r in report.results if not r.passed]
    return [*report.refused, *failed]


def test_a_clawback_on_a_straight_line_catches_up():
    """Sold for 1,000.00, 600.00 used: 60.00 are left of 70.00, a third of it expensed after 12 months."""
    assert not told(
        plan(cost="STRAIGHT_LINE", months=36),
        contract(),
        used("2026-09-01T00:00:00Z", 60_000),
        until="2027-01-31T00:00:00Z",
        expect=[
            cost("2026-11-30", "70.00", "21.39", "48.61"),
            cost("2026-12-31", "60.00", "20.00", "40.00"),
            year(base="600.00", final="60.00", true_up="-10.00"),
            journal(
                entry("2026-12-31", {"6110": "1.94", "1350": "10.00"},
                      {"1300": "8.61", "6110": "3.33"}),
                **{"from": "2026-12-01"},
            ),
        ],
    )  # fmt: skip


def test_what_nobody_renews_is_written_down_after_the_first_whole_month():
    assert not told(
        plan(cost="STRAIGHT_LINE", months=36),
        contract(),
        used("2026-09-01T00:00:00Z", 70_000),
        until="2027-02-01T00:00:00Z",
        expect=[
            cost("2026-12-31", "70.00", "23.33", "46.67"),
            cost("2027-01-31", "70.00", "70.00", "0.00"),
        ],
    )


def test_more_use_adds_to_the_cost_and_catches_up_at_once():
    assert not told(
        plan(cost="CONSUMPTION"),
        contract(),
        used("2026-09-01T00:00:00Z", 120_000),
        until=YEARS_END,
        expect=[
            cost("2026-09-30", "70.00", "70.00", "0.00"),
            cost("2026-12-31", "120.00", "120.00", "0.00"),
            journal(
                entry("2026-12-31", {"6110": "50.00"}, {"2300": "50.00"}),
                **{"from": "2026-12-01"},
            ),
        ],
    )


@pytest.mark.parametrize(
    ("terms", "june"),
    [
        ({"cost": "EXPENSE"}, [entry("2026-06-30", {"1350": "10.00"}, {"6100": "10.00"})]),
        ({"cost": "STRAIGHT_LINE", "months": 36}, [
            entry("2026-06-30", {"1350": "10.00", "6110": "50.28"}, {"1300": "60.28"})]),
        ({"cost": "CONSUMPTION"}, [
            entry("2026-06-30", {"1350": "10.00", "6110": "18.00"}, {"1300": "28.00"})]),
    ],
    ids=["expensed", "by months", "by consumption"],
)  # fmt: skip
def test_a_termination_settles_the_year_and_writes_the_rest_down(terms, june):
    """600.00 of 1,000.00 used by the end of June: 70.00 become 60.00, all of them expensed by then."""
    assert not told(
        plan(**terms),
        contract(),
        used("2026-04-01T00:00:00Z", 60_000),
        {"at": "2026-06-15T00:00:00Z", "do": "terminate", "contract": "c1",
         "end": "2026-07-01T00:00:00Z"},
        until="2027-03-01T00:00:00Z",
        expect=[
            year(base="600.00", final="60.00", true_up="-10.00"),
            journal(*june, **{"from": "2026-06-01"}),
            cost("2026-06-30", *(["0.00"] * 3 if terms["cost"] == "EXPENSE"
                                 else ["60.00", "60.00", "0.00"])),
        ],
    )  # fmt: skip


def test_each_renewal_is_a_close_of_its_own_and_rolled_credits_pay_once():
    """A03 in small: 800 sold, 600 used; renewed at 600, of 800 available 1,000 used."""
    lift = {"at": "2027-02-01T00:00:00Z", "do": "approve_overage", "contract": "c1",
            "cap": 20_000, "by": "cfo"}  # fmt: skip
    assert not told(
        plan(),
        contract(credits=80_000, price="800.00", auto_renew=True),
        used("2026-06-01T00:00:00Z", 60_000),
        lift,
        used("2027-06-01T00:00:00Z", 100_000),
        until="2028-01-01T00:00:00Z",
        expect=[
            year(year=1, upfront_base="560.00", upfront="56.00", base="600.00", final="60.00",
                 true_up="4.00"),
            year(year=2, upfront_base="420.00", upfront="42.00", base="1000.00", final="100.00",
                 true_up="58.00"),
            year(year=3, upfront_base="700.00", upfront="70.00", base="0.00"),
            journal(
                entry("2026-01-01", {"6100": "56.00"}, {"2300": "56.00"}),
                entry("2026-12-31", {"6100": "4.00"}, {"2300": "4.00"}),
                entry("2027-01-01", {"6100": "42.00"}, {"2300": "42.00"}),
                entry("2027-12-31", {"6100": "58.00"}, {"2300": "58.00"}),
                entry("2028-01-01", {"6100": "70.00"}, {"2300": "70.00"}),
            ),
        ],
    )  # fmt: skip


def test_a_cancellable_contract_pays_when_it_is_paid():
    unpaid = year(upfront_base="700.00", upfront="0.00")
    paid = {"at": "2026-02-10T00:00:00Z", "do": "pay", "invoice": "c1.t1.invoice",
            "amount": "1000.00"}  # fmt: skip
    assert not told(
        plan(),
        contract(cancellable=True),
        {"at": "2026-02-01T00:00:00Z", "expect": [unpaid, journal()]},
        paid,
        until="2026-02-10T00:00:00Z",
        expect=[
            year(upfront_base="700.00", upfront="70.00"),
            journal(entry("2026-02-10", {"6100": "70.00"}, {"2300": "70.00"})),
        ],
    )


def test_a_long_term_has_a_year_per_twelve_months_and_a_short_one_ends_with_it():
    assert not told(
        plan(),
        contract(term_months=18),
        used("2026-12-31T23:59:59Z", 30_000),
        used("2027-01-01T00:00:00Z", 20_000),
        until="2027-07-01T00:00:00Z",
        expect=[
            year(year=1, upfront="70.00", base="300.00", final="30.00", true_up="-40.00"),
            year(year=2, upfront_base="0.00", upfront="0.00", base="200.00", final="20.00",
                 true_up="20.00"),
            journal(
                entry("2026-12-31", {"1350": "40.00"}, {"6100": "40.00"}),
                entry("2027-06-30", {"6100": "20.00"}, {"2300": "20.00"}),
                **{"from": "2026-02-01"},
            ),
        ],
    )  # fmt: skip


def test_free_credits_and_breakage_earn_nothing_and_bonus_credits_their_share():
    """100,000 sold with 25,000 bonus for 1,000.00: a credit is worth 0.8 cents."""
    free = {"at": START, "do": "grant", "name": "g", "account": "c1", "kind": "PROMO",
            "credits": 10_000}  # fmt: skip
    daily = free | {"name": "d", "kind": "DAILY", "credits": 5}
    assert not told(
        plan(),
        contract(bonus={"name": "b", "credits": 25_000}),
        free,
        daily,
        used("2026-05-01T00:00:00Z", 10_005 + 50_000),
        until=YEARS_END,
        expect=[year(base="400.00", final="40.00", true_up="-30.00")],
    )


def test_late_use_and_corrections_restate_what_was_settled_at_the_months_end():
    late = used("2027-01-10T00:00:00Z", 10_000, event_time="2026-12-20T00:00:00Z")
    corrected = {"at": "2027-02-15T00:00:00Z", "do": "correct_usage", "key": "u1", "account": "c1",
                 "credits": 50_000}  # fmt: skip
    assert not told(
        plan(split=[{"rep": "ann", "pct": "50"}, {"rep": "bob", "pct": "50"}]),
        contract(),
        used("2026-06-01T00:00:00Z", 60_000, key="u1"),
        late,
        corrected,
        until="2027-03-01T00:00:00Z",
        expect=[
            year(base="600.00", final="60.00", true_up="-10.00",
                 reps=[{"rep": "ann", "final": "30.00", "true_up": "-5.00"},
                       {"rep": "bob", "final": "30.00", "true_up": "-5.00"}]),
            journal(
                entry("2026-12-31", {"1350": "10.00"}, {"6100": "10.00"}),
                entry("2027-01-31", {"6100": "10.00"}, {"2300": "10.00"}),
                entry("2027-02-28", {"1350": "10.00"}, {"6100": "10.00"}),
                **{"from": "2026-12-01"},
            ),
        ],
    )  # fmt: skip


def test_overage_that_is_written_off_leaves_the_base():
    """1,100.00 used, 100.00 of it overage that nobody pays: 110.00 become 100.00."""
    gone = {"at": "2027-03-10T00:00:00Z", "do": "write_off", "name": "w",
            "invoice": "c1.t1.overage1"}  # fmt: skip
    assert not told(
        plan(),
        contract(),
        used("2026-06-01T00:00:00Z", 110_000),
        gone,
        until="2027-04-01T00:00:00Z",
        expect=[
            year(base="1000.00", final="100.00", true_up="30.00"),
            journal(
                entry("2026-12-31", {"6100": "40.00"}, {"2300": "40.00"}),
                entry("2027-03-31", {"1350": "10.00"}, {"6100": "10.00"}),
                **{"from": "2026-12-01"},
            ),
        ],
    )


def test_odd_cents_are_shared_on_each_total():
    """0.05 at close and 0.07 at the end, halved: the first has the odd cent of each."""
    assert not told(
        plan(upfront_pct="70", split=[{"rep": "ann", "pct": "50"}, {"rep": "bob", "pct": "50"}]),
        contract(credits=100, price="0.70"),
        used("2026-06-01T00:00:00Z", 100),
        until=YEARS_END,
        expect=[
            year(upfront="0.05", final="0.07", true_up="0.02",
                 reps=[{"rep": "ann", "upfront": "0.03", "final": "0.04", "true_up": "0.01"},
                       {"rep": "bob", "upfront": "0.02", "final": "0.03", "true_up": "0.01"}])
        ],
    )  # fmt: skip


def test_a_closed_december_takes_nothing_more_and_january_has_it():
    closed = {"at": "2027-01-20T00:00:00Z", "do": "close_period", "period": "2026-12"}
    assert not told(
        plan(cost="STRAIGHT_LINE", months=36),
        contract(),
        used("2026-06-01T00:00:00Z", 60_000),
        {"at": "2027-01-10T00:00:00Z", "do": "wait"},
        closed,
        {"at": "2027-01-25T00:00:00Z", "do": "run_jobs"},
        until="2027-01-25T00:00:00Z",
        expect=[
            cost("2026-12-31", "70.00", "21.39", "48.61"),
            cost("2027-01-31", "60.00", "20.00", "40.00"),
        ],
        jobs="manual",
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"upfront_pct": "90"}, "COMMISSION_UPFRONT_UNUSUAL"),
        ({"rate_pct": "0"}, "COMMISSION_RATE_UNFIT"),
        ({"cost": "STRAIGHT_LINE"}, "COMMISSION_MONTHS_MISSING"),
        ({"split": [{"rep": "ann", "pct": "50"}]}, "SPLIT_UNFIT"),
        ({"split": [{"rep": "ann", "pct": "50"}] * 2}, "SPLIT_UNFIT"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(said, code):
    assert not told(plan(**said) | {"fails_with": code}, until=START, expect=[])


def test_in_yen_there_are_no_decimals():
    """12,345 yen: 12,345 x 7.5 % x 66 % = 611.08: 611."""
    assert not told(
        plan(rate_pct="7.5", upfront_pct="66"),
        contract(credits=1_000, price="12345"),
        used("2026-06-01T00:00:00Z", 333),
        until=YEARS_END,
        expect=[year(upfront_base="8148", upfront="611", base="4111", final="308", true_up="-303")],
        books={"currency": "JPY"},
    )
