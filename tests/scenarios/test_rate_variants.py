"""Variants of the examples about rates: locks, choices, ends, packs, two units, other currencies."""

import pytest

from creditops.scenarios.play import play

pytestmark = pytest.mark.django_db

BASE = {"format": 1, "id": "Z17", "title": "t", "covers": ["R1", "R2"]}
OLD = [{"item": "email", "credits": 1}, {"item": "research", "credits": 25}]
NEW = [*OLD, {"item": "plus", "credits": 40}]


def publish(at, version, items, **fields):
    return {
        "at": at,
        "do": "publish_rates",
        "card": "std",
        "version": version,
        "items": items,
        **fields,
    }


def signed(at, name, **fields):
    return {
        "at": at, "do": "contract", "name": name, "customer": "acme", "start": at[:10],
        "credits": 10_000, "price": "200.00", "rate_card": "std", **fields,
    }  # fmt: skip


def rate(account, item, time, **wanted):
    return {"check": "rate", "account": account, "item": item, "time": time, **wanted}


def used(at, key, account, item, quantity=1, **fields):
    return {
        "at": at, "do": "usage", "key": key, "account": account, "item": item, "quantity": quantity,
        **fields,
    }  # fmt: skip


def played(*steps, expect, **fields):
    report = play(BASE | {"steps": list(steps), "expect": list(expect)} | fields)
    assert report.refused == []
    assert [r.differences for r in report.results if not r.passed] == []
    assert len(report.results) >= len(expect)


def test_a_lock_ends_to_the_microsecond_and_a_choice_acts_from_its_instant():
    """Books in euros in Berlin: the locked version until the lock's end, exclusive; then the card's."""
    lock = "2026-06-30T22:00:00Z"
    played(
        {"at": "2026-01-01T00:00:00Z", "do": "customer", "name": "acme", "zone": "Europe/Berlin"},
        publish("2026-01-01T00:00:00Z", "v1", OLD),
        signed("2026-01-01T00:00:00Z", "c1", rate_lock_until=lock),
        publish("2026-04-01T00:00:00Z", "v2", [{"item": "email", "credits": 2}, *NEW[1:]]),
        used("2026-06-30T21:59:59Z", "before", "c1", "email", 10),
        used("2026-06-30T22:00:00Z", "after", "c1", "email", 10),
        {"at": "2026-07-01T00:00:00Z", "do": "choose_rate", "contract": "c1", "item": "research",
         "to": "plus", "effective_at": "2026-08-01T00:00:00Z"},
        used("2026-08-02T00:00:00Z", "moved", "c1", "research", 2),
        {"at": "2026-08-03T00:00:00Z", "do": "choose_rate", "contract": "c1", "item": "research",
         "to": "research", "by": "Ada"},
        used("2026-08-04T00:00:00Z", "back", "c1", "research", 2),
        expect=[
            rate("c1", "email", "2026-06-30T21:59:59.999999Z", credits=1, card_version="v1", price="0.02"),
            rate("c1", "email", lock, credits=2, card_version="v2", price="0.04"),
            rate("c1", "research", "2026-07-31T23:59:59Z", credits=25, rated_item="research"),
            rate("c1", "research", "2026-08-01T00:00:00Z", credits=40, rated_item="plus", price="0.80"),
            rate("c1", "research", "2026-08-03T00:00:00Z", credits=25, rated_item="research"),
            {"check": "event", "key": "before", "credits": 10, "card_version": "v1"},
            {"check": "event", "key": "after", "credits": 20, "card_version": "v2"},
            {"check": "event", "key": "moved", "credits": 80, "rate": 40},
            {"check": "event", "key": "back", "credits": 50, "rate": 25},
        ],
        books={"currency": "EUR", "zone": "Europe/Berlin"},
    )  # fmt: skip


def test_a_new_item_changes_nothing_else_and_an_end_needs_the_choice():
    """S24, R2: adding is free; what ends is priced by the choice alone, and without one by nothing."""
    played(
        {"at": "2026-01-01T00:00:00Z", "do": "customer", "name": "acme"},
        publish("2026-01-01T00:00:00Z", "v1", OLD),
        signed("2026-01-01T00:00:00Z", "c1"),
        signed("2026-01-02T00:00:00Z", "c2"),
        publish("2026-02-01T00:00:00Z", "v2", NEW),
        {"at": "2026-02-01T00:00:00Z", "expect": [
            {"check": "balance", "account": "c1", "credits": 10_000},
            {"check": "contract_terms", "contract": "c1", "unit_price": "0.02"},
        ]},
        publish("2026-02-02T00:00:00Z", "v3", [NEW[0], NEW[2]], effective_from="2026-02-20T00:00:00Z",
                fails_with="RETIREMENT_WITHOUT_NOTICE"),
        publish("2026-02-02T00:00:00Z", "v3", [NEW[0], NEW[2]], effective_from="2026-03-10T00:00:00Z"),
        {"at": "2026-02-03T00:00:00Z", "do": "choose_rate", "contract": "c1", "item": "research",
         "to": "plus", "effective_at": "2026-03-10T00:00:00Z"},
        used("2026-03-09T23:59:59Z", "last", "c1", "research"),
        used("2026-03-10T00:00:00Z", "first", "c1", "research"),
        used("2026-03-10T00:00:00Z", "lost", "c2", "research"),
        expect=[
            {"check": "event", "key": "last", "credits": 25},
            {"check": "event", "key": "first", "credits": 40, "card_version": "v3"},
            {"check": "event", "key": "lost", "status": "EXCEPTION"},
            {"check": "balance", "account": "c1", "credits": 9_935},
            {"check": "count", "what": "exceptions", "is": 1},
        ],
    )  # fmt: skip


def test_packs_carry_their_fraction_over_a_version_and_beside_a_second_unit():
    """R4, R5: 700 + 700 calls at 1 per 1,000 are 1.4; a better pack counts on from there."""
    pack = {"item": "calls", "kind": "PACK", "credits": 1, "unit": "DATA_CREDIT", "actions": 2}
    played(
        {"at": "2026-01-01T00:00:00Z", "do": "customer", "name": "acme"},
        publish("2026-01-01T00:00:00Z", "v1", [{**pack, "pack_size": 1_000}]),
        {"at": "2026-01-01T00:00:00Z", "do": "purchase", "name": "dc", "account": "acme", "credits": 100,
         "price": "5.00", "unit": "DATA_CREDIT", "expires_at": "2027-01-01T00:00:00Z", "rate_card": "std"},
        {"at": "2026-01-01T00:00:00Z", "do": "grant", "name": "ac", "account": "acme", "kind": "PROMO",
         "unit": "ACTION", "credits": 10_000, "expires_at": "2027-01-01T00:00:00Z"},
        used("2026-02-01T00:00:00Z", "a", "acme", "calls", 700),
        used("2026-02-02T00:00:00Z", "b", "acme", "calls", 700),
        publish("2026-03-01T00:00:00Z", "v2", [{**pack, "pack_size": 500}]),
        used("2026-03-02T00:00:00Z", "c", "acme", "calls", 300),
        expect=[
            {"check": "event", "key": "a", "credits": 0, "exact_cumulative": "0.7", "carried": "0.7"},
            {"check": "event", "key": "b", "credits": 1, "exact_cumulative": "1.4", "carried": "0.4"},
            {"check": "event", "key": "c", "credits": 1, "exact_cumulative": "2", "carried": "0"},
            {"check": "block", "block": "dc", "used": 2},
            {"check": "block", "block": "ac", "used": 3_400},
            rate("acme", "calls", "2026-03-02T00:00:00Z", credits=1, card_version="v2"),
            {"check": "warnings", "of": "std", "codes": []},
        ],
    )  # fmt: skip


def test_a_card_is_refused_whole_or_warned_and_a_refused_one_leaves_nothing():
    """S19, S20: every rate is a positive whole number; the cheapest one should be 1."""
    wrong = [{"item": "a", "credits": 1}, {"item": "b", "credits": "2.5"}]
    played(
        publish("2026-01-01T00:00:00Z", "v1", wrong, fails_with="RATE_NOT_INTEGER"),
        publish("2026-01-01T00:00:00Z", "v1", [{"item": "a", "credits": 0}], fails_with="RATE_NOT_INTEGER"),
        publish("2026-01-01T00:00:00Z", "v1", [{"item": "a", "credits": 3}]),
        {"at": "2026-01-01T00:00:00Z", "expect": [
            {"check": "warnings", "of": "std", "codes": ["CHEAPEST_ACTION_IS_NOT_ONE_CREDIT"]}]},
        publish("2026-02-01T00:00:00Z", "v2", [{"item": "a", "credits": 3}, {"item": "b", "credits": 1}]),
        expect=[{"check": "warnings", "of": "std", "codes": []}],
    )  # fmt: skip


def test_top_ups_keep_the_locked_ratio_and_renewals_the_unit_price():
    """S53, R7: a worse ratio is for new purchases without a lock."""
    top_up = {"do": "top_up", "price": "10.00", "pay": "INVOICE"}
    played(
        {"at": "2026-01-01T00:00:00Z", "do": "customer", "name": "acme"},
        {"at": "2026-01-01T00:00:00Z", "do": "publish_price", "credits_per_currency_unit": 100},
        publish("2026-01-01T00:00:00Z", "v1", OLD),
        signed("2026-01-01T00:00:00Z", "c1", price_lock_until="2026-07-01T00:00:00Z"),
        {"at": "2026-03-01T00:00:00Z", "do": "publish_price", "credits_per_currency_unit": 80},
        {"at": "2026-06-30T23:59:59Z", "name": "t1", "account": "c1", **top_up},
        {"at": "2026-07-01T00:00:00Z", "name": "t2", "account": "c1", **top_up},
        expect=[
            {"check": "block", "block": "t1", "granted": 1_000},
            {"check": "block", "block": "t2", "granted": 800},
            rate("c1", "research", "2026-07-01T00:00:00Z", credits=25, price="0.50"),
        ],
    )  # fmt: skip
