"""Deals in other currencies than the books': what is owed is valued anew, what is deferred keeps its rate."""

import pytest

from tests.scenarios.played import SOUND, at, entry, journal, owes, played

pytestmark = pytest.mark.django_db

EUR = {"name": "acme", "currency": "EUR"}
USE = {"do": "usage", "account": "acme"}
SALE = {
    "do": "purchase", "name": "p1", "account": "acme", "credits": 1_000_000, "price": "10000.00",
    "pay": "INVOICE", "currency": "EUR", "expires_at": "2027-03-10T00:00:00Z",
}  # fmt: skip
DEAL = {
    "do": "contract", "name": "c1", "customer": "acme", "start": "2026-01-01", "credits": 1_000,
    "price": "1000.00",
}  # fmt: skip


def rate(day, of, to="USD", currency="EUR"):
    return at(day, do="fx_rate", rate=of, to=to, **{"from": currency})


def customer(day="2026-01-01", **facts):
    return at(day, do="customer", **(EUR | facts))


def test_two_part_payments_settle_at_what_they_are_carried_at_on_their_two_dates():
    told = played(
        customer(),
        rate("2026-03-10", "1.10"),
        at("2026-03-10", **SALE),
        rate("2026-03-20", "1.15"),
        at("2026-03-20", do="pay", invoice="p1.invoice", amount="4000.00"),
        rate("2026-03-31", "1.12"),
        rate("2026-04-15", "1.08"),
        at("2026-04-15", do="pay", invoice="p1.invoice", amount="6000.00"),
        until="2026-06-02",
        expect=[
            journal(
                entry("2026-03-10", {"1100": "11000.00"}, {"2100": "11000.00"}),
                entry("2026-03-20", {"1000": "4600.00"}, {"1100": "4400.00", "7100": "200.00"}),
                entry("2026-03-31", {"1100": "120.00"}, {"7100": "120.00"}),
                entry("2026-04-15", {"1000": "6480.00", "7100": "240.00"}, {"1100": "6720.00"}),
            ),
            {"check": "document", "document": "p1.invoice", "status": "PAID", "total": "10000.00"},
        ],
    )

    assert told == SOUND


def test_part_payments_take_cumulative_shares_of_what_was_last_valued():
    told = played(
        customer(),
        rate("2026-03-10", "1.1"),
        at("2026-03-10", **(SALE | {"price": "100.00"})),
        at("2026-03-11", do="pay", invoice="p1.invoice", amount="33.35"),
        at("2026-03-12", do="pay", invoice="p1.invoice", amount="33.35"),
        at("2026-03-13", do="pay", invoice="p1.invoice", amount="33.30"),
        expect=[
            journal(
                entry("2026-03-11", {}, {"1100": "36.69"}),
                entry("2026-03-12", {}, {"1100": "36.68"}),
                entry("2026-03-13", {}, {"1100": "36.63"}),
                codes=["1100"],
                **{"from": "2026-03-11"},
            ),
            owes("1100", "2026-03-13", debit="0.00"),
            # 36.69 + 36.69 + 36.63 came in: a cent more than was owed.
            owes("7100", "2026-03-13", credit="0.01"),
        ],
    )

    assert told == SOUND


def test_overage_is_owed_at_the_rate_of_its_use_valued_monthly_and_billed_with_the_renewal():
    told = played(
        rate("2026-01-01", "1.10"),
        customer(),
        at("2026-01-01", **DEAL, auto_renew=True),
        at("2026-01-20", do="pay", invoice="c1.t1.invoice", amount="1000.00"),
        rate("2026-03-01", "1.20"),
        at("2026-03-10", do="usage", account="c1", key="u1", credits=1_200),
        rate("2026-06-15", "1.15"),
        at("2026-06-16", do="usage", account="c1", key="u2", credits=50, fails_with=None),
        until="2027-01-01",
        expect=[
            journal(
                entry("2026-01-01", {"1100": "1100.00"}, {"2100": "1100.00"}),
                entry("2026-01-20", {"1000": "1100.00"}, {"1100": "1100.00"}),
                entry("2026-03-10", {"2100": "1100.00"}, {"4000": "1100.00"}),
                entry("2026-03-10", {"1150": "240.00"}, {"4020": "240.00"}),
                entry("2026-06-30", {"7100": "10.00"}, {"1150": "10.00"}),
                entry(
                    "2027-01-01",
                    {"1100": "1610.00"},
                    {"1150": "230.00", "2100": "1380.00"},
                ),
            ),
            {"check": "event", "key": "u2", "status": "REFUSED", "code": "OVERAGE_CAP"},
            {"check": "overage", "contract": "c1", "term": 1, "credits": 200, "amount": "200.00"},
            {"check": "document", "document": "c1.t2.invoice", "total": "1400.00",
             "lines": [{"kind": "OVERAGE", "amount": "200.00"},
                       {"kind": "COMMITMENT", "credits": 1_200, "amount": "1200.00"}]},
            {"check": "block", "block": "c1.t2", "cost": "1200.00", "value_left": "1380.00"},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_a_credit_note_takes_back_at_the_old_rate_and_owes_at_the_days():
    told = played(
        customer(),
        rate("2026-03-10", "1.10"),
        at("2026-03-10", **(SALE | {"pay": "CARD"})),
        at("2026-03-15", **USE, key="u1", credits=250_000),
        rate("2026-04-02", "1.12"),
        at("2026-04-02", do="credit_note", name="n1", invoice="p1.invoice", credits=500_000),
        rate("2026-04-30", "1.20"),
        rate("2026-05-05", "1.05"),
        at("2026-05-05", do="refund", credit_note="n1"),
        until="2026-06-01",
        expect=[
            journal(
                entry("2026-03-10", {"1000": "11000.00"}, {"2100": "11000.00"}),
                entry("2026-03-15", {"2100": "2750.00"}, {"4000": "2750.00"}),
                entry("2026-04-02", {"2100": "5500.00", "7100": "100.00"}, {"2150": "5600.00"}),
                entry("2026-04-30", {"7100": "400.00"}, {"2150": "400.00"}),
                entry("2026-05-05", {"2150": "6000.00"}, {"1000": "5250.00", "7100": "750.00"}),
            ),
            {"check": "block", "block": "p1", "cost": "10000.00", "released": "7500.00",
             "value_left": "2750.00", "refunded": 500_000},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_unpaid_credits_that_go_back_leave_at_what_is_carried_and_the_rest_is_lost_at_it():
    told = played(
        customer(),
        rate("2026-03-10", "1.10"),
        at("2026-03-10", **SALE),
        at("2026-03-15", **USE, key="u1", credits=400_000),
        rate("2026-03-31", "1.20"),
        rate("2026-04-10", "1.30"),
        at("2026-04-10", do="write_off", name="w1", invoice="p1.invoice"),
        until="2026-06-01",
        expect=[
            journal(
                entry("2026-03-31", {"1100": "1000.00"}, {"7100": "1000.00"}),
                entry("2026-04-10", {"2100": "6600.00", "7100": "600.00"}, {"1100": "7200.00"}),
                entry("2026-04-10", {"6300": "4800.00"}, {"1100": "4800.00"}),
                **{"from": "2026-03-31"},
            ),
            owes("2100", "2026-05-31", credit="0.00"),
            owes("1100", "2026-05-31", debit="0.00"),
        ],
    )

    assert told == SOUND


def test_a_void_turns_its_invoice_around_and_the_gains_of_the_months_between():
    told = played(
        customer(),
        rate("2026-03-10", "1.10"),
        at("2026-03-10", **SALE),
        rate("2026-03-31", "1.20"),
        at("2026-04-10", do="void_invoice", invoice="p1.invoice", reason="wrong"),
        until="2026-05-01",
        expect=[owes(code, "2026-05-01", debit="0.00") for code in ("1100", "2100", "7100")],
    )

    assert told == SOUND


def test_tax_and_net_are_translated_each_and_the_cent_between_is_a_currency_difference():
    told = played(
        at("2026-01-01", do="tax_rate", country="DE", rate_pct="19"),
        customer(currency="USD", country="DE"),
        rate("2026-03-10", "0.9215", currency="USD", to="EUR"),
        at("2026-03-10", **(SALE | {"price": "100.05", "currency": "USD"})),
        expect=[
            # 119.06 USD are 109.71 EUR; 100.05 are 92.20 and 19.01 are 17.52.
            journal(
                entry(
                    "2026-03-10",
                    {"1100": "109.71", "7100": "0.01"},
                    {"2100": "92.20", "2200": "17.52"},
                ),
            ),
        ],
        books={"currency": "EUR", "country": "DE", "vat_id": "DE123456788"},
    )

    assert told == SOUND


@pytest.mark.parametrize(
    ("currency", "of", "price", "functional", "half", "released"),
    [
        ("JPY", "0.00655", "3333", "21.83", "10.92", "1667"),
        ("KWD", "3.2501", "7.143", "23.22", "11.61", "3.572"),
    ],
)
def test_currencies_without_and_with_three_decimals(
    currency, of, price, functional, half, released
):
    told = played(
        customer(currency=currency),
        rate("2026-03-10", of, currency=currency),
        at("2026-03-10", **(SALE | {"price": price, "currency": currency, "credits": 1_000})),
        at("2026-03-11", **USE, key="u1", credits=500),
        expect=[
            journal(
                entry("2026-03-10", {"1100": functional}, {"2100": functional}),
                entry("2026-03-11", {"2100": half}, {"4000": half}),
            ),
            {"check": "block", "block": "p1", "cost": price, "released": released},
            {"check": "event", "key": "u1", "draws": [{"block": "p1", "value": half}]},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_credits_of_a_term_to_come_keep_the_rate_of_the_day_when_their_money_was_owed():
    told = played(
        customer(),
        rate("2026-01-01", "1.10"),
        at("2026-01-01", **(DEAL | {"start": "2026-04-01"}), due="2026-02-01",
           bonus={"name": "b1", "credits": 200}),
        rate("2026-02-01", "1.20"),
        rate("2026-03-15", "1.30"),
        at("2026-03-15", do="pay", invoice="c1.t1.invoice", amount="1000.00"),
        at("2026-04-02", do="usage", account="c1", key="u1", credits=600),
        until="2026-05-01",
        expect=[
            journal(
                entry("2026-02-01", {"1100": "1100.00"}, {"2100": "1100.00"}),
                entry("2026-02-28", {"1100": "100.00"}, {"7100": "100.00"}),
                entry("2026-03-15", {"1000": "1300.00"}, {"1100": "1200.00", "7100": "100.00"}),
                entry("2026-04-02", {"2100": "550.00"}, {"4000": "550.00"}),
            ),
            {"check": "block", "block": "b1", "cost": "166.67", "value_left": "183.33"},
        ],
    )  # fmt: skip

    assert told == SOUND


def test_what_was_paid_of_a_cancellable_contract_fixes_the_rate_of_its_credits():
    told = played(
        customer(),
        rate("2026-01-01", "1.10"),
        at("2026-01-01", **DEAL, cancellable=True),
        rate("2026-02-01", "1.20"),
        at("2026-02-01", do="pay", invoice="c1.t1.invoice", amount="1000.00"),
        expect=[
            journal(entry("2026-02-01", {"1000": "1200.00"}, {"2100": "1200.00"})),
            {"check": "block", "block": "c1.t1", "value_left": "1200.00", "left": 1_000},
        ],
    )

    assert told == SOUND


def test_corrected_overage_that_was_billed_goes_back_in_its_own_currency():
    told = played(
        rate("2026-01-01", "1.10"),
        customer(),
        at("2026-01-01", **DEAL),
        at("2026-12-10", do="usage", account="c1", key="u1", credits=1_100),
        rate("2027-01-05", "1.20"),
        at("2027-01-05", do="correct_usage", key="u1", account="c1", credits=1_040),
        until="2027-03-01",
        expect=[
            {"check": "document", "document": "c1.t1.overage1", "total": "100.00"},
            owes("1150", "2027-01-31", debit="0.00"),
            {"check": "count", "what": "credit_notes", "is": 1},
            # 40.00 of overage and 1,000.00 of the commitment are owed.
            owes("1100", "2027-01-31", debit="1248.00"),
        ],
    )

    assert told == SOUND


def test_several_customers_and_currencies_are_each_valued_by_their_own_rates():
    other = {"account": "otto", "name": "p2", "currency": "GBP", "price": "500.00"}
    told = played(
        customer(),
        customer(name="otto", currency="GBP"),
        rate("2026-03-10", "1.10"),
        rate("2026-03-10", "0.80", currency="USD", to="GBP"),
        at("2026-03-10", **SALE),
        at("2026-03-10", **(SALE | other)),
        rate("2026-03-31", "1.20"),
        rate("2026-03-31", "1.30", currency="GBP"),
        until="2026-04-01",
        expect=[
            owes("1100", "2026-03-10", debit="625.00", account="otto"),
            owes("1100", "2026-03-31", debit="12000.00", account="acme"),
            owes("1100", "2026-03-31", debit="650.00", account="otto"),
            owes("2100", "2026-03-31", credit="625.00", account="otto"),
        ],
    )

    assert told == SOUND


def test_without_a_rate_nothing_is_sold():
    told = played(
        customer(),
        at("2026-03-10", **SALE, fails_with="CURRENCY_WITHOUT_RATE"),
        at("2026-03-10", **DEAL, fails_with="CURRENCY_WITHOUT_RATE"),
        expect=[{"check": "count", "what": "invoices", "is": 0}],
    )

    assert told == SOUND
