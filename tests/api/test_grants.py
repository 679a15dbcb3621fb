"""`/grants`: free credits, once or every day, for all meters or for some."""

import pytest

from ledger import daily_credits, units
from ledger.models import Block, DailyGrant
from tests.api.conftest import caller_with, refused
from tests.cast import customer, open_pool

DAILY = {"customer": "acme", "kind": "daily", "credits": 5, "reason": "free plan"}
PROMO = DAILY | {"kind": "promo", "reason": "welcome"}


def test_daily_credits_are_there_today_and_end_with_the_day(caller, acme):
    answer = caller.send("grants", DAILY | {"last_day": "2026-02-10"})

    assert answer.status_code == 201
    block = answer.json()
    assert (block["kind"], block["left"], block["priority"]) == ("daily", 5, 10)
    assert (block["effective_at"], block["expires_at"]) == (
        "2026-02-01T12:00:00Z",
        "2026-02-02T00:00:00Z",
    )
    rule = DailyGrant.objects.get()
    assert (rule.credits, str(rule.first_day), str(rule.last_day)) == (
        5,
        "2026-02-01",
        "2026-02-10",
    )
    assert rule.granted_by == "key:product"


def test_a_balance_counts_days_that_nobody_has_written_yet(caller, acme):
    caller.send("grants", DAILY)

    shown = caller.get("customers/acme/balance", as_of="2026-02-01T12:00:00Z", blocks="open").json()

    (balance,) = shown["balances"]
    assert (balance["available"], len(balance["blocks"])) == (105, 2)


def test_scoped_credits_pay_only_for_their_meters_and_before_all_others(caller, acme):
    """L4: the narrower scope first."""
    units.create_meter(code="search", name="Searches")
    caller.send("grants", PROMO | {"meters": ["search"]})
    block = caller.send("grants", PROMO | {"kind": "bonus", "meters": ["credits"]}).json()

    (result,) = caller.send(
        "events", {"id": "e1", "customer": "acme", "meter": "credits", "quantity": 7}
    ).json()["results"]

    assert block["meters"] == ["credits"]
    draws = caller.get(f"events/{result['uid']}").json()["draws"]
    assert [(draw["kind"], draw["credits"]) for draw in draws] == [("bonus", 5), ("paid", 2)]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (DAILY | {"expires_at": "2026-03-01T00:00:00Z"}, 422, "grant_field_unfit"),
        (DAILY | {"meters": ["search"]}, 422, "grant_field_unfit"),
        (PROMO | {"last_day": "2026-03-01"}, 422, "grant_field_unfit"),
        (DAILY | {"last_day": "2026-01-31"}, 409, "grant_ends_before_it_begins"),
        (PROMO | {"meters": ["nothing"]}, 404, "not_found"),
        (PROMO | {"kind": "paid"}, 422, "body_invalid"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_granted(caller, acme, body, status, code):
    assert refused(caller.send("grants", body)) == (status, code)

    assert (Block.objects.count(), DailyGrant.objects.count()) == (1, 0)


def test_free_credits_are_accounted_for_as_the_grant_says(caller, acme):
    """V8: fixed there for good, with the value of a credit."""
    policy = {"promo_policy": "MARKETING_EXPENSE"}

    refusal = caller.send("grants", PROMO | policy)
    caller.send("grants", PROMO | policy | {"standard_cost_per_credit": "0.004"})

    assert (refusal.status_code, refusal.json()["code"]) == (409, "promo_value_missing")
    block = Block.objects.get(kind="promo")
    assert (block.promo_policy, block.promo_minor, block.promo_credits) == (
        "MARKETING_EXPENSE",
        2,
        5,
    )


def test_ottos_key_can_give_acme_nothing(acme):
    otto = caller_with("ledger:write", customer=customer("otto"))

    assert refused(otto.send("grants", DAILY)) == (404, "not_found")

    assert not DailyGrant.objects.exists()


def test_yesterdays_rule_gives_today_before_any_sweep(caller, acme):
    pool = open_pool(customer("carl"))
    daily_credits.start(pool, credits=9, source="free", by="Sam", reason="test", at=pool.opened_at)

    assert caller.get("customers/carl/balance").json()["balances"][0]["available"] == 9


def test_a_free_block_is_made_void_and_says_so(caller, acme):
    given = caller.send("grants", PROMO | {"credits": 50}).json()

    answer = caller.send(f"blocks/{given['id']}/void", {"credits": 20, "reason": "a mistake"})

    assert answer.status_code == 200
    assert (answer.json()["voided"], answer.json()["left"]) == (20, given["granted"] - 20)


def test_a_paid_block_is_not(caller, acme):
    block = acme.blocks.get()

    answer = caller.send(f"blocks/{block.pk}/void", {"reason": "a mistake"})

    assert refused(answer) == (409, "credits_were_paid")
    assert refused(caller.send("blocks/x/void", {"reason": "a mistake"}))[0] == 404
