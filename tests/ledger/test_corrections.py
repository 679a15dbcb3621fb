"""Events made smaller, larger or void (L10, L20)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from ledger import corrections, explain, totals, usage_reports
from ledger.models import Correction, Layout, Move, Pool, SeatUse, UsageEvent
from tests import cast

pytestmark = pytest.mark.django_db

NOON = cast.at("2026-04-01 12:00")


@pytest.fixture
def lookup() -> UsageEvent:
    """Ann's lookup by Acme: 4 credits of 100, and an action of 10 beside each of two."""
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="credits")
    cast.grant(cast.open_pool(pool.customer, "ACTION"), 10, source="actions")
    version = rate_cards.publish(
        card="std", version="v1", items=[Item("lookup", 2, actions=1)], by="Sam",
        effective_from=cast.START, at=cast.START,
    )  # fmt: skip
    agreements.follow_rates(pool.holder, version.card, at=cast.START)
    policies.change(
        "customer:acme", {"seat_allowance": 50}, effective_at=NOON, recorded_at=NOON, by="Fiona"
    )
    message = cast.usage("u1", 2, meter="lookup", user="ann")
    return explain.find(cast.report(message, when=NOON).outcomes[0].uid)


def used(event: UsageEvent) -> list[int]:
    """What the reports say was used: credits, actions."""
    return [
        sum(row.credits for row in usage_reports.series(
            event.customer_id, zone="UTC", first=NOON, last=NOON + cast.SECOND,
            unit_id=cast.unit(code).pk,
        ))
        for code in ("CREDIT", "ACTION")
    ]  # fmt: skip


def test_a_void_gives_back_what_was_drawn_in_every_unit(lookup):
    assert (cast.left_of(lookup.holder, NOON), used(lookup)) == (104, [4, 2])

    made = corrections.void(lookup, by="Fiona", reason="test call", at=NOON)

    assert (cast.left_of(lookup.holder, NOON), used(lookup)) == (110, [0, 0])
    assert (made.void, explain.credits(lookup), explain.draws(lookup)) == (True, 0, [])
    assert list(SeatUse.objects.values_list("credits", flat=True)) == [0, 0]
    assert cast.breaches(NOON) == []


def test_a_void_of_two_units_is_as_final_as_any(lookup):
    corrections.void(lookup, by="Fiona", reason="test call", at=NOON)

    with pytest.raises(corrections.Refusal) as refused:
        corrections.void(lookup, by="Fiona", reason="again", at=NOON)

    assert refused.value.code == "event_void"
    assert Correction.objects.count() == 1


def test_a_correction_speaks_of_the_first_unit_alone(lookup):
    corrections.correct(lookup, credits=2, by="Fiona", reason="one was a test", at=NOON)

    assert (cast.left_of(lookup.holder, NOON), used(lookup)) == (106, [2, 2])
    assert cast.breaches(NOON) == []


def test_a_void_event_leaves_the_running_sum_of_its_item():
    """L20: of 2.4 credits a call 2, 2 and 3 are drawn; without the third the next one draws 3 again."""
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="credits")
    call = Item("call", kind="pass_through", credit_value="0.05")
    version = rate_cards.publish(
        card="std", version="v1", items=[call], by="Sam", effective_from=cast.START, at=cast.START
    )
    agreements.follow_rates(pool.holder, version.card, at=cast.START)
    drawn = []
    for number in range(5):
        message = cast.usage(f"u{number}", 1, meter="call", data={"provider_cost": "0.12"})
        outcome = cast.report(message, when=NOON).outcomes[0]
        drawn.append(outcome.credits)
        if number == 2:
            corrections.void(explain.find(outcome.uid), by="Fiona", reason="no call", at=NOON)

    assert drawn == [2, 2, 3, 3, 2]
    told = explain.running_sum(explain.find(outcome.uid))
    assert told is not None
    assert (told.credits, cast.left_of(pool.holder, NOON)) == (Fraction("9.6"), 91)


def test_a_further_units_part_leaves_its_sum_though_the_first_unit_was_corrected_before():
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="credits")
    cast.grant(cast.open_pool(pool.customer, "DATA"), 100, source="data")
    items = [
        Item("call", 1),
        Item("data of a call", kind="pass_through", credit_value="0.05", meter="call", unit="DATA"),
    ]
    version = rate_cards.publish(
        card="std", version="v1", items=items, by="Sam", effective_from=cast.START, at=cast.START
    )
    agreements.follow_rates(pool.holder, version.card, at=cast.START)
    for number in range(4):
        message = cast.usage(f"u{number}", 1, meter="call", data={"provider_cost": "0.12"})
        event = explain.find(cast.report(message, when=NOON).outcomes[0].uid)
        if number == 2:
            corrections.correct(event, credits=0, by="Fiona", reason="on us", at=NOON)
            corrections.void(event, by="Fiona", reason="no call", at=NOON)

    # Of 7.2 data credits 7, and 3 calls.
    assert cast.left_of(pool.holder, NOON) == 97 + 93


def calls(code: str) -> list[UsageEvent]:
    """Three uses of a contract of 100 credits, of 30, 60 and 30: the last one costs overage too."""
    _, pool, _ = cast.contract_pool(cast.customer(code), commitment=100, price_minor=77, code=code)
    for number, credits in enumerate((30, 60, 30)):
        cast.report(cast.usage(f"u{number}", credits, customer=code), when=NOON)
    used = UsageEvent.objects.filter(pool=pool).select_related("source", "customer", "pool")
    return list(used.order_by("id"))


def given_back(code: str) -> list[tuple[object, ...]]:
    """What was moved for a customer, and to which values."""
    moves = Move.objects.filter(customer__code=code).order_by("seq")
    return list(moves.values_list("seq", "type", "credits", "r0", "act", "posting_date"))


def test_many_are_voided_at_once_as_they_would_be_one_by_one():
    for event in calls("acme"):
        corrections.void(event, by="Fiona", reason="wrong file", at=NOON)

    made = corrections.void_all(calls("bolt"), by="Fiona", reason="wrong file", at=NOON)

    assert [(row.no, row.credits, row.void) for row in made] == [(1, 0, True)] * 3
    assert given_back("acme") == given_back("bolt")
    assert {kind for _, kind, *_ in given_back("bolt")} == {"CONSUME_REVERSAL", "OVERAGE_REVERSAL"}
    assert [layouts(code) for code in ("acme", "bolt")] == [3, 1]
    assert [left(code) for code in ("acme", "bolt")] == [100, 100]
    never_invoiced = {"deferred_revenue_is_the_value_of_blocks"}
    assert {breach.check for breach in cast.breaches(NOON)} == never_invoiced


def test_one_that_cannot_be_voided_keeps_all_as_they_were():
    events = calls("acme")
    corrections.void(events[2], by="Fiona", reason="test call", at=NOON)

    with pytest.raises(Refusal, match="Event 'u2' was voided; that is final"):
        corrections.void_all(events, by="Fiona", reason="wrong file", at=NOON)

    assert Correction.objects.count() == 1
    assert left("acme") == 10


def layouts(code: str) -> int:
    """How often the lines of a customer were laid out for corrections."""
    return Layout.objects.filter(customer__code=code, reason="correction").count()


def left(code: str) -> int:
    """The credits that a customer has."""
    pool = Pool.objects.get(customer__code=code)
    return totals.of_pool(pool, NOON).available
