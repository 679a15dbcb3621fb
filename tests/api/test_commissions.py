"""`/commission-plans` and `/commissions`."""

from __future__ import annotations

import pytest

from tests import cast

pytestmark = pytest.mark.django_db

PLAN = {"id": "standard", "rate_pct": "10", "cost": "STRAIGHT_LINE", "months": 36,
        "split": [{"rep": "ann", "pct": "60"}, {"rep": "bob", "pct": "40"}]}  # fmt: skip
CONTRACT = {"id": "c1", "customer": "acme", "starts_on": "2026-01-01", "credits": 100_000,
            "price": "1000.00", "commission_plan": "standard"}  # fmt: skip


def test_a_plan_is_published_agreed_to_and_told_per_rep(caller):
    cast.customer()
    made = caller.send("commission-plans", PLAN).json()
    caller.send("contracts", CONTRACT)

    [ann, bob] = caller.get("commissions", year=2026).json()["results"]
    [only] = caller.get("commissions", year=2026, rep="bob").json()["results"]

    assert (made["version"], made["upfront_pct"], made["months"]) == (1, "70", 36)
    assert [each["accounts"][0]["payable"] for each in (ann, bob)] == ["42.00", "28.00"]
    assert only["rep"] == "bob"
    assert only["contracts"][0] | {"starts_at": "", "ends_at": ""} == {
        "contract": "c1", "customer": "Acme", "contract_year": 1, "starts_at": "", "ends_at": "",
        "first_day": "2026-01-01", "last_day": "2026-12-31",
        "currency": "USD", "price": "1000.00", "consumed": "0.00", "paid_at_close": "28.00",
        "earned": "0.00", "at_risk": "28.00", "to_come": "0.00", "held_back": "12.00",
        "final": None,
    }  # fmt: skip


def test_what_makes_no_sense_is_refused_by_name(caller):
    unusual = caller.send("commission-plans", PLAN | {"upfront_pct": "90"})
    unreadable = caller.send("commission-plans", PLAN | {"rate_pct": "ten"})

    assert (unusual.status_code, unusual.json()["code"]) == (409, "commission_upfront_unusual")
    assert unreadable.status_code == 422
