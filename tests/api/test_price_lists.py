"""Price lists with their tiers, and packs, by API: what money buys, and what is sold ready-made."""

from __future__ import annotations

import pytest

from contracts import prices
from tests import cast
from tests.api.conftest import NOW, caller_with, refused


def pack(**fields):
    return {"id": "small", "credits": 5_000, "price": "45.00", "currency": "USD", **fields}


def test_a_price_list_is_published_with_its_tiers(caller):
    answer = caller.send(
        "price-lists",
        {
            "currency": "USD",
            "credits_per_currency_unit": 100,
            "tiers": [{"amount": "5000.00"}, {"amount": "50000.00", "discount_pct": "10"}],
        },
    )

    assert answer.status_code == 201
    made = answer.json()
    assert made["tiers"] == [
        {"amount": "5000.00", "credits": 500_000, "discount_pct": "0", "price": "5000.00"},
        {"amount": "50000.00", "credits": 5_000_000, "discount_pct": "10", "price": "45000.00"},
    ]
    assert caller.get("price-lists").json()["results"] == [made]


@pytest.mark.parametrize(
    ("tiers", "told"),
    [
        ([{"amount": "0.00"}], (409, "tier_not_positive")),
        ([{"amount": "5.001"}], (409, "amount_exponent")),
        ([{"amount": "5.00", "discount_pct": "101"}], (422, "discount_unfit")),
        ([{"amount": "5.00"}, {"amount": "5.0"}], (409, "tier_twice")),
    ],
)
def test_tiers_that_cannot_be_meant_are_refused(caller, tiers, told):
    body = {"currency": "USD", "credits_per_currency_unit": 100, "tiers": tiers}

    assert refused(caller.send("price-lists", body)) == told


def test_a_list_of_prices_takes_as_many_statements_as_one(caller):
    def publish(currency: str) -> None:
        prices.publish(
            currency=currency, credits_per_currency_unit=100, effective_from=NOW, by="Fiona",
            at=NOW, tiers=[prices.Tier(500_000)],
        )  # fmt: skip

    publish("USD")
    one = caller.queries("price-lists")
    publish("EUR")

    assert caller.queries("price-lists") == one


def test_a_pack_is_put_on_sale_and_taken_off(caller):
    made = caller.send("packs", pack(name="Small")).json()
    off = caller.send("packs", pack(on_sale=False, effective_from="2026-03-01T00:00:00Z")).json()

    assert made == {
        "id": "small", "name": "Small", "credits": 5_000, "unit": "CREDIT", "price": "45.00",
        "currency": "USD", "on_sale": True, "effective_from": "2026-02-01T12:00:00Z",
    }  # fmt: skip
    assert (off["on_sale"], off["name"]) == (False, "Small")
    assert caller.get("packs").json()["results"] == [off, made]


def test_a_pack_is_bought_at_its_price(caller):
    cast.customer()
    caller.send("packs", pack())

    answer = caller.send("topups", {"customer": "acme", "pack": "small", "payment": "invoice"})

    assert answer.status_code == 201
    assert answer.json()["credits"] == 5_000
    assert answer.json()["invoice"]["total"] == "45.00"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"pack": "large"}, (404, "not_found")),
        ({}, (422, "topup_of_nothing")),
        ({"pack": "small", "price": "1.00"}, (422, "topup_of_nothing")),
        ({"pack": "small", "credits": 5}, (422, "topup_of_nothing")),
    ],
)
def test_a_top_up_says_what_is_bought_once(caller, wanted, told):
    cast.customer()
    caller.send("packs", pack())

    answer = caller.send("topups", {"customer": "acme", "payment": "invoice", **wanted})

    assert refused(answer) == told


def test_only_the_vendors_administrators_put_packs_on_sale(db):
    assert refused(caller_with("billing:write").send("packs", pack())) == (403, "permission_denied")
