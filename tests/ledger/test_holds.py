"""Credits set aside for work under way: placed, captured, released, lapsed (L19)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from creditops.lib import policies
from creditops.lib.models import DueRow
from creditops.lib.refusals import NotFound, Refusal
from ledger import availability, balances, caps, grants, holds
from ledger.models import Block, Hold, HoldEnd, Meter, Pool, PoolState, UsageEvent
from tests.cast import (
    SECOND,
    at,
    breaches,
    contract_pool,
    customer,
    grant,
    open_pool,
    run_due,
    send,
    usage,
)

pytestmark = pytest.mark.django_db

NOW = at("2026-02-01")
HOUR = timedelta(hours=1)


def hold(credits: int, *, code: str = "h1", when=NOW, lasts: timedelta = HOUR, **fields) -> Hold:
    """Place a hold on already rated credits."""
    return holds.place(usage("work", credits, **fields), code=code, lasts=lasts, by="ada", at=when)


def capture(held: Hold, credits: int, *, key: str = "work", when=NOW + SECOND, **fields) -> Hold:
    """Capture it with already rated credits."""
    return holds.capture(held, usage(key, credits, **fields), origin="test", at=when)


def figures(pool: Pool, when=NOW) -> tuple[int, int]:
    """(available, held) at an instant, as known then."""
    balance = balances.of_pool(pool, as_of=when, known_at=when)
    return balance.available, balance.held


def refusal(act, *args, **fields) -> str:
    """The code with which an act is refused."""
    with pytest.raises(Refusal) as refused:
        act(*args, **fields)
    return refused.value.code


def set_policy(name: str, value: object, when=NOW) -> None:
    """Set a policy of the books."""
    policies.change("books", {name: value}, effective_at=when, recorded_at=when, by="Fiona")


@pytest.fixture
def pool() -> Pool:
    """Acme's credits without a contract: 100."""
    made = open_pool(customer())
    grant(made, 100, source="b1")
    return made


# ---------------------------------------------------------------- placing


def test_a_hold_lowers_what_is_available_and_takes_no_block(pool):
    hold(30)

    assert figures(pool) == (70, 30)
    assert balances.of_pool(pool, as_of=NOW, known_at=NOW).blocks[0].left == 100


def test_what_is_held_is_not_there_for_events_checks_or_other_holds(pool):
    hold(30)

    assert send("too much", 71, when=NOW).code == "insufficient_credits"
    assert availability.check(usage("c", 71), NOW).reason == "insufficient_credits"
    assert availability.check(usage("c", 70), NOW).available == 70
    assert refusal(hold, 71, code="h2") == "insufficient_credits"
    assert send("just right", 70, when=NOW).status == "applied"


def test_an_event_of_nothing_passes_even_if_all_is_held(pool):
    hold(100)

    assert send("nothing", 0, when=NOW).status == "applied"


def test_a_hold_may_use_the_room_for_overage_and_keeps_it_from_others():
    _, pool, _ = contract_pool(customer(), commitment=100, price_minor=1_000)

    hold(115)

    assert figures(pool) == (0, 115)
    assert refusal(hold, 6, code="h2") == "overage_cap"
    assert send("in the cap", 6, when=NOW).code == "overage_cap"
    assert send("five are left", 5, when=NOW).status == "applied"


def test_a_hold_under_another_code_is_another_hold_and_the_same_one_is_placed_once(pool):
    first = hold(30)

    assert hold(30, when=NOW + SECOND).id == first.id
    assert hold(30, code="h2").id != first.id
    assert figures(pool) == (40, 60)


def test_a_code_can_not_name_two_different_holds(pool):
    hold(30)

    assert refusal(hold, 31) == "hold_conflict"
    assert refusal(hold, 30, lasts=2 * HOUR) == "hold_conflict"
    assert figures(pool) == (70, 30)


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(days=1, seconds=1)])
def test_a_hold_lasts_a_second_to_a_day(pool, lasts):
    assert refusal(hold, 1, lasts=lasts) == "hold_length"


def test_nothing_can_not_be_held(pool):
    assert refusal(hold, 0) == "hold_of_nothing"


def test_what_can_not_be_rated_can_not_be_held(pool):
    Meter.objects.create(code="video", name="Video")

    assert refusal(hold, 1, meter="video") == "no_rate"
    assert refusal(hold, 1, customer="nobody") == "unknown_customer"
    assert Hold.objects.count() == 0


# ---------------------------------------------------------------- capturing


def test_a_capture_of_less_draws_that_and_frees_the_rest(pool):
    held = hold(30)

    capture(held, 20)

    assert figures(pool, NOW + SECOND) == (80, 0)
    assert holds.state(held, NOW + SECOND) == "captured"


def test_a_capture_is_an_event_of_the_instant_of_its_hold(pool):
    held = hold(30)

    capture(held, 30, when=NOW + 30 * SECOND)

    event = UsageEvent.objects.get(key="work")
    assert (event.event_time, event.recorded_at) == (NOW, NOW + 30 * SECOND)
    assert (event.credits, event.get_status_display()) == (30, "applied")
    assert holds.event_of(held) == f"{event.customer_id}-{event.id}"


def test_what_was_captured_counts_as_used_from_the_hold_on_and_held_before_it_was_known(pool):
    capture(hold(30), 20, when=NOW + HOUR / 2)

    between = NOW + HOUR / 4
    known_then = balances.of_pool(pool, as_of=between, known_at=between)
    known_now = balances.of_pool(pool, as_of=between, known_at=NOW + HOUR)
    assert (known_then.available, known_then.held, known_then.used) == (70, 30, 0)
    assert (known_now.available, known_now.held, known_now.used) == (80, 0, 20)


def test_a_capture_beyond_the_hold_is_refused_and_the_hold_stays(pool):
    held = hold(30)

    assert refusal(capture, held, 31) == "hold_exceeded"

    assert figures(pool, NOW + SECOND) == (70, 30)
    assert not UsageEvent.objects.filter(key="work").exists()


def test_policy_allows_so_many_percent_more(pool):
    set_policy("hold_over_pct", "10")
    held = hold(35)

    assert refusal(capture, held, 39) == "hold_exceeded"
    capture(held, 38)

    assert figures(pool, NOW + SECOND) == (62, 0)


def test_the_same_capture_again_changes_nothing(pool):
    held = hold(30)
    capture(held, 20)

    capture(held, 20, when=NOW + 2 * SECOND)

    assert figures(pool, NOW + 2 * SECOND) == (80, 0)
    assert HoldEnd.objects.count() == 1


def test_a_hold_is_captured_once(pool):
    held = hold(30)
    capture(held, 20)

    assert refusal(capture, held, 20, key="other work") == "hold_ended"
    assert refusal(capture, held, 21) == "capture_conflict"
    assert refusal(holds.release, held, at=NOW + SECOND) == "hold_ended"
    assert figures(pool, NOW + SECOND) == (80, 0)


def test_an_event_that_was_reported_already_captures_nothing(pool):
    held = hold(30)
    send("work", 20, when=NOW, time=NOW)

    assert refusal(capture, held, 20) == "capture_conflict"
    assert figures(pool, NOW + SECOND) == (50, 30)


def test_a_capture_that_can_not_be_rated_leaves_the_hold(pool):
    Meter.objects.create(code="video", name="Video")
    held = hold(30)

    assert refusal(capture, held, 20, meter="video") == "capture_refused"
    assert figures(pool, NOW + SECOND) == (70, 30)


def test_a_capture_in_another_unit_is_refused(pool):
    held = hold(30)
    grant(open_pool(pool.customer, "DATA"), 50, source="d1")

    assert refusal(capture, held, 20, meter="credits:DATA") == "hold_of_another_unit"


def test_a_block_that_ended_under_a_hold_pays_for_its_capture():
    pool = open_pool(customer())
    end = NOW + HOUR / 2
    grant(pool, 100, source="b1", end=end)
    held = hold(30)
    run_due(end)
    assert figures(pool, end) == (0, 30)

    capture(held, 30, when=end + SECOND)

    balance = balances.of_pool(pool, as_of=end + SECOND, known_at=end + SECOND)
    assert (balance.used, balance.expired, balance.available) == (30, 70, 0)
    assert breaches(end + SECOND) == []


def test_a_capture_is_not_refused_for_a_cap_that_was_lowered_meanwhile():
    holder, pool, term = contract_pool(customer(), commitment=100, price_minor=0)
    held = hold(115)
    caps.lift(holder, unit_id=pool.unit_id, cap=0, by="Ada", reason="test", at=NOW)

    capture(held, 115)

    assert balances.consumption(pool, term) == {"paid": 100, "overage": 15}
    assert breaches(NOW + SECOND) == []


def test_late_use_in_a_contract_takes_what_is_there_and_the_capture_becomes_overage():
    _, pool, term = contract_pool(customer(), commitment=100, price_minor=1_000)
    held = hold(90)

    send("late", 50, when=NOW, time=NOW - HOUR)
    capture(held, 90)

    assert balances.consumption(pool, term) == {"paid": 100, "overage": 40}


# ---------------------------------------------------------------- giving back


def test_a_released_hold_gives_its_credits_back_once(pool):
    held = hold(30)

    holds.release(held, at=NOW + SECOND)
    holds.release(held, at=NOW + 2 * SECOND)

    assert figures(pool, NOW + SECOND) == (100, 0)
    assert holds.state(held, NOW + SECOND) == "released"
    assert refusal(capture, held, 10) == "hold_ended"


def test_what_was_released_counted_as_held_until_then(pool):
    holds.release(hold(30), at=NOW + HOUR / 2)

    earlier = balances.of_pool(pool, as_of=NOW + HOUR / 4, known_at=NOW + HOUR)
    assert (earlier.available, earlier.held) == (70, 30)


def test_a_hold_that_is_over_blocks_nobody_though_no_sweep_has_run(pool):
    hold(100)
    end = NOW + HOUR

    assert figures(pool, end - SECOND) == (0, 100)
    assert figures(pool, end) == (100, 0)
    assert availability.check(usage("c", 100), end - SECOND).reason == "insufficient_credits"
    assert send("a second early", 100, when=end - SECOND).code == "insufficient_credits"
    assert availability.check(usage("c", 100), end).allowed
    assert send("on time", 100, when=end).status == "applied"


def test_the_due_run_ends_holds_at_their_end(pool):
    held = hold(30)

    run_due(NOW + HOUR)

    assert HoldEnd.objects.get(hold_id=held.id).act == "lapse"
    assert holds.state(held, NOW + HOUR) == "lapsed"
    assert DueRow.objects.filter(kind=holds.LAPSE, done_at__isnull=True).count() == 0


def test_only_the_holds_that_are_over_lapse(pool):
    hold(30, code="short", lasts=HOUR / 2)
    hold(20, code="long")

    run_due(NOW + HOUR / 2)

    assert figures(pool, NOW + HOUR / 2) == (80, 20)
    run_due(NOW + HOUR)
    assert figures(pool, NOW + HOUR) == (100, 0)


def test_a_hold_that_lapsed_can_not_be_captured_and_its_release_is_no_fault(pool):
    held = hold(30)
    end = NOW + HOUR

    assert refusal(capture, held, 10, when=end) == "hold_ended"
    holds.release(held, at=end)

    assert holds.state(held, end) == "lapsed"
    assert figures(pool, end) == (100, 0)


# ---------------------------------------------------------------- beside other acts


def test_credits_on_hold_can_not_be_taken_back(pool):
    hold(30)
    block = Block.objects.get(source="b1")

    code = refusal(grants.revoke, block, credits=71, by="Fiona", reason="refund", at=NOW)
    grants.revoke(block, credits=70, by="Fiona", reason="refund", at=NOW)

    assert code == "credits_held"
    assert figures(pool) == (0, 30)


def test_scoped_credits_cover_holds_before_general_ones(pool):
    call = Meter.objects.get(code="credits")
    other = Meter.objects.create(code="other", name="Other")
    grant(pool, 40, source="scoped", kind=Block.Kind.PROMO, meters=[other.id])
    hold(30)

    assert send("general", 100, when=NOW, meter=call.code).status == "applied"
    assert figures(pool) == (10, 30)


def test_a_hold_is_found_by_its_name_and_no_other(pool):
    held = hold(30)

    assert holds.find(f"{held.customer_id}-{held.id}") == held
    for name in ("", "1", "x-1", f"{held.customer_id}-{held.id + 1}", "1-99999999999999999999"):
        with pytest.raises(NotFound):
            holds.find(name)


def test_open_holds_are_listed_by_their_end(pool):
    hold(1, code="late")
    hold(2, code="early", lasts=HOUR / 2)
    holds.release(hold(3, code="released"), at=NOW)

    open_now = holds.open_in(pool.customer_id, [pool.id], NOW)
    open_later = holds.open_in(pool.customer_id, [pool.id], NOW + HOUR / 2)

    assert [held.code for held in open_now] == ["early", "late"]
    assert [held.code for held in open_later] == ["late"]


def test_verify_notices_a_pool_that_holds_what_no_hold_asks_for(pool, books_break):
    hold(30)
    assert breaches(NOW) == []

    PoolState.objects.filter(pool_id=pool.id).update(held=31)

    assert [breach.check for breach in breaches(NOW)] == ["held_is_the_sum_of_open_holds"]


def test_a_pool_that_is_only_observed_holds_and_records_whatever_comes(pool):
    set_policy("enforcement", "OBSERVE")

    capture(hold(500), 500)

    assert UsageEvent.objects.get(key="work").get_status_display() == "recorded"
    assert figures(pool, NOW + SECOND) == (100, 0)
