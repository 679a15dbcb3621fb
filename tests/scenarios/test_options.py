"""Rights to buy more at a discount, sold with credits: used, lapsed, void, in every currency."""

import pytest

from tests.scenarios.played import SOUND, at, entry, journal, owes, played

pytestmark = pytest.mark.django_db

SSP = {"policies": {"ssp_per_credit": "0.01"}}
ACME = at("2026-01-01", do="customer", name="acme")
RIGHT = {
    "name": "o1", "credits": 50_000, "list_price": "500.00", "discount_pct": "40",
    "discount_anyone_gets_pct": "10", "likelihood_pct": "80",
    "valid_until": "2027-01-01T00:00:00Z",
}  # fmt: skip
SALE = at(
    "2026-01-01", do="purchase", name="b1", account="acme", credits=100_000, price="1000.00",
    expires_at="2027-02-01T00:00:00Z", option=RIGHT,
)  # fmt: skip
USE_IT = {"do": "exercise_option", "option": "o1", "name": "b2"}


def status(said):
    return {"check": "status", "of": "o1", "status": said}


def test_a_right_is_used_once_and_never_after_its_end():
    told = played(
        ACME, SALE,
        at("2026-06-01", **USE_IT),
        at("2026-06-02", **USE_IT | {"name": "b3"}, fails_with="OPTION_CLOSED"),
        books=SSP,
        expect=[
            status("EXERCISED"),
            {"check": "document", "document": "b2.invoice", "total": "300.00", "status": "PAID"},
            {"check": "roll_forward", "period": "2026-06", "billed": "407.14"},
            {"check": "count", "what": "invoices", "is": 2},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_at_its_end_a_right_has_lapsed_whether_a_sweep_came_or_not():
    told = played(
        ACME, SALE,
        at("2027-01-01", **USE_IT, fails_with="OPTION_CLOSED"),
        at("2027-01-01", expect=[status("LAPSED")]),
        at("2027-01-05", do="run_jobs"),
        books=SSP, jobs="manual",
        expect=[
            status("LAPSED"),
            journal(
                entry("2026-12-31", {"2110": "107.14"}, {"4010": "107.14"}),
                **{"from": "2026-02-01", "codes": ["2110", "4010"]},
            ),
        ],
    )  # fmt: skip

    assert told == SOUND


def test_a_declined_card_leaves_the_right_open():
    told = played(
        ACME, SALE,
        at("2026-03-01", do="set_card", customer="acme", works=False),
        at("2026-03-01", **USE_IT, fails_with="CARD_DECLINED"),
        books=SSP,
        expect=[status("OPEN"), owes("2110", "2026-03-01", credit="107.14"),
                {"check": "balance", "account": "acme", "credits": 100_000}],
    )  # fmt: skip

    assert told == SOUND


def test_a_bonus_shares_the_price_with_credits_and_right_by_what_each_is_worth():
    told = played(
        ACME, SALE | {"bonus": {"name": "x1", "credits": 20_000}}, books=SSP,
        expect=[
            # 1,000.00 : 200.00 : 120.00
            {"check": "block", "block": "b1", "cost": "757.58"},
            {"check": "block", "block": "x1", "cost": "151.51"},
            {"check": "option", "option": "o1", "allocated": "90.91", "ssp": "120.00"},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_what_anyone_gets_is_no_right_and_nothing_is_deferred_for_it():
    told = played(
        ACME, SALE | {"option": RIGHT | {"discount_anyone_gets_pct": "40"}}, books=SSP,
        expect=[
            {"check": "option", "option": "o1", "ssp": "0.00", "allocated": "0.00",
             "exercise_price": "300.00"},
            {"check": "block", "block": "b1", "cost": "1000.00"},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_a_right_is_void_with_its_invoice_unless_it_was_used():
    unpaid = SALE | {"pay": "INVOICE"}
    void = {"do": "void_invoice", "invoice": "b1.invoice", "reason": "wrong"}

    gone = played(
        ACME, unpaid, at("2026-02-01", **void),
        at("2026-02-02", **USE_IT, fails_with="OPTION_CLOSED"), books=SSP, until="2027-01-02",
        expect=[owes(code, "2027-01-01", credit="0.00") for code in ("2100", "2110", "4010")],
    )  # fmt: skip

    assert gone == SOUND


def test_an_invoice_whose_right_was_used_is_not_untouched():
    used = played(
        ACME, SALE | {"pay": "INVOICE"}, at("2026-02-01", **USE_IT),
        at("2026-02-02", do="void_invoice", invoice="b1.invoice", reason="wrong",
           fails_with="NOT_UNTOUCHED"),
        books=SSP, expect=[status("EXERCISED")],
    )  # fmt: skip

    assert used == SOUND


def test_in_another_currency_what_was_deferred_keeps_its_rate():
    told = played(
        ACME | {"currency": "EUR"},
        at("2026-01-01", do="fx_rate", to="USD", rate="1.10", **{"from": "EUR"}),
        SALE | {"currency": "EUR"},
        at("2026-07-01", do="fx_rate", to="USD", rate="1.20", **{"from": "EUR"}),
        at("2026-07-01", **USE_IT),
        books=SSP,
        expect=[
            journal(
                entry("2026-01-01", {"1000": "1100.00"}, {"2100": "982.14", "2110": "117.86"}),
                entry("2026-07-01", {"1000": "360.00", "2110": "117.86"}, {"2100": "477.86"}),
            ),
            {"check": "block", "block": "b2", "cost": "407.14", "value_left": "477.86"},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_without_a_price_of_a_credit_on_its_own_no_right_is_sold():
    told = played(
        ACME, SALE | {"fails_with": "SSP_MISSING"},
        expect=[{"check": "count", "what": "invoices", "is": 0}],
    )  # fmt: skip

    assert told == SOUND
