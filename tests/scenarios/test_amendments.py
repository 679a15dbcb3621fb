"""Running contracts change: credits added at their own price stay apart, others share one price."""

import pytest

from tests.scenarios.played import SOUND, at, entry, journal, owes, played

pytestmark = pytest.mark.django_db

SSP = {"policies": {"ssp_per_credit": "0.010"}}
ACME = at("2026-01-01", do="customer", name="acme")
DEAL = at(
    "2026-01-01", do="contract", name="c1", customer="acme", start="2026-01-01", credits=100_000,
    price="1000.00",
)  # fmt: skip


def use(day, credits, key="u1"):
    return at(day, do="usage", account="c1", key=key, credits=credits)


def add(day, credits, price, name="add1", **step):
    return at(
        day,
        do="modify_contract",
        contract="c1",
        name=name,
        add_credits=credits,
        price=price,
        **step,
    )


@pytest.mark.parametrize(
    ("price", "value"),
    [
        ("550.00", "110.00"),  # 10 % above what a credit costs on its own: still that
        ("450.00", "110.00"),
        ("449.99", "105.00"),  # below: 600.00 + 449.99 over 110,000
        ("550.01", "115.00"),
    ],
)
def test_the_tolerance_decides_whether_prices_become_one(price, value):
    told = played(
        ACME, DEAL, use("2026-03-01", 40_000), add("2026-06-01", 50_000, price),
        use("2026-06-15", 11_000, "u2"), books=SSP,
        expect=[
            {"check": "revenue", "period": "2026-06", "usage": value},
            {"check": "document", "document": "add1.invoice", "net": price, "status": "ISSUED",
             "lines": [{"kind": "CREDITS", "credits": 50_000, "amount": price}]},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_bonus_and_bought_credits_are_blended_and_free_ones_left_alone():
    told = played(
        ACME,
        at("2026-01-01", do="contract", name="c1", customer="acme", start="2026-01-01",
           credits=100_000, price="1100.00", bonus={"name": "b1", "credits": 10_000}),
        at("2026-02-01", do="top_up", name="t1", account="c1", credits=10_000, price="120.00"),
        at("2026-02-01", do="grant", name="p1", account="c1", kind="PROMO", credits=5_000),
        use("2026-03-01", 45_000),
        add("2026-06-01", 80_000, "380.00"),
        use("2026-06-15", 160_000, "u2"),
        books=SSP,
        expect=[
            # Promotional ones went first: 40,000 of the commitment's are gone. 60,000 + 10,000 + 10,000
            # credits defer 600.00 + 100.00 + 120.00; with 80,000 for 380.00 that is 1,200.00.
            owes("2100", "2026-06-14", credit="1200.00"),
            owes("2100", "2026-06-15", credit="0.00"),
            {"check": "revenue", "period": "2026-06", "usage": "1200.00"},
            {"check": "block", "block": "p1", "left": 0, "used": 5_000},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_a_second_change_blends_what_the_first_one_left():
    told = played(
        ACME, DEAL, use("2026-03-01", 40_000),
        add("2026-06-01", 50_000, "350.00"),
        use("2026-06-15", 11_000, "u2"),
        add("2026-07-01", 1_000, "45.00", "add2"),
        use("2026-07-02", 40_000, "u3"),
        books=SSP,
        expect=[
            {"check": "revenue", "period": "2026-06", "usage": "95.00"},
            # 855.00 + 45.00 over 99,000 + 1,000 credits.
            {"check": "revenue", "period": "2026-07", "usage": "360.00"},
            {"check": "balance", "account": "c1", "credits": 60_000},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_what_was_used_before_is_corrected_at_the_new_price():
    told = played(
        ACME, DEAL, use("2026-03-01", 40_000), add("2026-06-01", 50_000, "350.00"),
        at("2026-06-10", do="correct_usage", account="c1", key="u1", credits=29_000),
        books=SSP, until="2027-01-01",
        expect=[
            {"check": "revenue", "period": "2026-03", "usage": "400.00"},
            {"check": "revenue", "period": "2026-06", "usage": "-95.00"},
            owes("2100", "2026-06-10", credit="1045.00"),
            owes("2100", "2026-12-31", credit="0.00"),
        ],
    )  # fmt: skip

    assert told == SOUND


def test_with_nothing_left_there_is_nothing_to_blend():
    told = played(
        ACME, DEAL, use("2026-03-01", 100_000), add("2026-06-01", 50_000, "350.00"),
        use("2026-06-15", 10_000, "u2"), books=SSP,
        expect=[{"check": "revenue", "period": "2026-06", "usage": "70.00"}],
    )  # fmt: skip

    assert told == SOUND


def test_a_deal_in_another_currency_is_blended_in_both():
    told = played(
        ACME | {"currency": "EUR"},
        at("2026-01-01", do="fx_rate", to="USD", rate="1.10", **{"from": "EUR"}),
        DEAL, use("2026-03-01", 40_000),
        at("2026-05-15", do="fx_rate", to="USD", rate="1.20", **{"from": "EUR"}),
        add("2026-06-01", 50_000, "350.00"),
        use("2026-06-15", 11_000, "u2"), books=SSP,
        expect=[
            journal(
                entry("2026-06-01", {"1100": "420.00"}, {"2100": "420.00"}),
                # 660.00 + 420.00 USD over 110,000 credits.
                entry("2026-06-15", {"2100": "108.00"}, {"4000": "108.00"}),
                **{"from": "2026-06-01"},
            ),
        ],
    )  # fmt: skip

    assert told == SOUND


def test_added_credits_end_and_roll_over_with_the_term_and_its_price_stays():
    told = played(
        ACME, DEAL | {"auto_renew": True}, use("2026-03-01", 40_000),
        add("2026-06-01", 50_000, "350.00"), books=SSP, until="2027-01-01",
        expect=[
            {"check": "block", "block": "add1", "left": 50_000,
             "expires_at": "2028-01-01T00:00:00Z"},
            {"check": "term", "contract": "c1", "n": 2, "commitment": 40_000, "price": "400.00"},
            {"check": "term", "contract": "c1", "n": 1, "commitment": 100_000, "price": "1000.00"},
            {"check": "overage", "contract": "c1", "term": 1, "cap": 20_000},
        ],
    )  # fmt: skip

    assert told == SOUND


@pytest.mark.parametrize(
    ("deal", "books", "code"),
    [
        (DEAL, {}, "SSP_MISSING"),
        (DEAL | {"cancellable": True}, SSP, "NO_RUNNING_TERM"),
        (DEAL | {"start": "2026-09-01"}, SSP, "NO_RUNNING_TERM"),
    ],
)
def test_what_cannot_be_added_to_is_refused_and_nothing_stays(deal, books, code):
    told = played(
        ACME, deal, add("2026-06-01", 50_000, "350.00", fails_with=code), books=books,
        expect=[{"check": "count", "what": "invoices", "is": 1}],
    )  # fmt: skip

    assert told == SOUND


def test_unpaid_added_credits_go_back_at_the_price_that_became_theirs():
    told = played(
        ACME, DEAL, use("2026-03-01", 40_000), add("2026-06-01", 50_000, "350.00"),
        at("2026-06-02", do="credit_note", name="n1", invoice="add1.invoice", credits=11_000),
        books=SSP,
        expect=[
            {"check": "document", "document": "n1", "net": "95.00"},
            owes("2100", "2026-06-02", credit="855.00"),
        ],
    )  # fmt: skip

    assert told == SOUND
