"""Many at once, with real commits: the last credit is spent once, whoever comes first.

Each race has a negative control: the same with the pool's lock taken away, or the race would prove
nothing. Several acts then read the same state, and all but one would sell what is sold already; what they
write is refused by the keys and triggers behind the lock, and it must be just that.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

from creditops.lib import sql
from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from ledger import balances, corrections, expiry, grants, hold_ends, holds, locked_pools, pool_books
from ledger.line import Line
from ledger.models import Block, Hold, HoldEnd, Pool, UsageEvent
from tests.cast import at, contract_pool, customer, grant, open_pool, report, send, usage

pytestmark = pytest.mark.django_db(transaction=True)

NOW = at("2026-02-01")
SPENDERS = 50
# A race under load must not end because somebody waits long: that is another rule.
PATIENCE_SECONDS = 60


class Meeting:
    """Where the acts of a negative control wait for each other: all have read before one writes."""

    def __init__(self) -> None:
        self._door: threading.Barrier | None = None
        self._been_there = threading.local()

    def expect(self, number: int) -> None:
        """From now on so many threads meet, each once."""
        self._door = threading.Barrier(number)

    def wait(self) -> None:
        if self._door is None or getattr(self._been_there, "already", False):
            return
        self._been_there.already = True
        self._door.wait(PATIENCE_SECONDS)


def at_once(
    acts: Sequence[Callable[[], object]], *, meeting: Meeting | None = None
) -> list[object]:
    """Do all of these at the same moment, each on a connection of its own; errors are results.

    The first event of all makes rows (its source, its month) that the others would wait for, which
    would be no race: it was sent before.
    """
    send("before the race", 0, when=NOW)
    if meeting is not None:
        meeting.expect(len(acts))
    start = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(index: int, act: Callable[[], object]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
            start.wait(PATIENCE_SECONDS)
            results[index] = act()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE_SECONDS)
    return results


def spenders(number: int, *, credits: int = 1, **fields) -> list[Callable[[], object]]:
    """Acts that each send one event of so many credits, and answer with its fate."""

    def spender(key: str) -> Callable[[], object]:
        def spend() -> str:
            outcome = send(key, credits, when=NOW, **fields)
            return outcome.code or outcome.status

        return spend

    return [spender(f"e{index}") for index in range(number)]


def fates(results: Sequence[object]) -> dict[str, int]:
    """How many met which fate."""
    return dict(Counter(r if isinstance(r, str) else type(r).__name__ for r in results))


def broken(results: Sequence[object]) -> list[IntegrityError]:
    """The writes that the database refused, for the rows of two acts that read the same state."""
    strangers = [
        r for r in results if isinstance(r, Exception) and not isinstance(r, IntegrityError)
    ]
    assert strangers == []
    return [result for result in results if isinstance(result, IntegrityError)]


@pytest.fixture
def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Pools are read without being locked; who is about to write waits until all others are, too."""
    usual, write, meeting = sql.statement, pool_books.save_books, Meeting()
    look = hold_ends.must_be_open

    def statement(package: str, name: str) -> str:
        return usual(package, name).replace("FOR NO KEY UPDATE OF s", "")

    def meet_and_write(lines: Collection[Line], **terms: Any) -> None:
        meeting.wait()
        write(lines, **terms)

    def look_and_meet(hold: Hold, now: datetime) -> None:
        look(hold, now)
        meeting.wait()

    monkeypatch.setattr(sql, "statement", statement)
    monkeypatch.setattr(hold_ends, "must_be_open", look_and_meet)
    monkeypatch.setattr(pool_books, "save_books", meet_and_write)
    return meeting


def test_the_last_credit_among_fifty_goes_to_exactly_one():
    pool = open_pool(customer())
    grant(pool, 1, source="b1")

    results = at_once(spenders(SPENDERS))

    assert fates(results) == {"applied": 1, "insufficient_credits": SPENDERS - 1}
    assert balances.of_pool(pool, as_of=NOW, known_at=NOW).available == 0


def test_without_the_lock_the_last_credit_is_not_safe(without_the_lock, books_break):
    grant(open_pool(customer()), 1, source="b1")

    results = at_once(spenders(SPENDERS), meeting=without_the_lock)

    assert broken(results)


def test_of_twice_as_many_spenders_as_credits_exactly_half_are_served():
    pool = open_pool(customer())
    grant(pool, 10, source="b1")
    grant(pool, 10, source="b2")

    results = at_once(spenders(40))

    assert fates(results) == {"applied": 20, "insufficient_credits": 20}
    assert balances.of_pool(pool, as_of=NOW, known_at=NOW).used == 20


def test_without_the_lock_not_exactly_half_are_served(without_the_lock, books_break):
    grant(open_pool(customer()), 20, source="b1")

    results = at_once(spenders(40), meeting=without_the_lock)

    assert broken(results)


def test_the_overage_cap_is_reached_and_never_passed():
    _, pool, term = contract_pool(customer(), commitment=10, price_minor=10)

    results = at_once(spenders(30))

    assert fates(results) == {"applied": 12, "overage_cap": 18}
    assert balances.consumption(pool, term) == {"paid": 10, "overage": 2}
    assert Approval.objects.filter(kind="overage.lift", state="open").count() == 1


def test_without_the_lock_the_cap_is_not_safe(without_the_lock, books_break):
    contract_pool(customer(), commitment=10, price_minor=10)

    results = at_once(spenders(30), meeting=without_the_lock)

    assert broken(results)


def test_the_same_event_sent_by_many_at_once_is_applied_once():
    pool = open_pool(customer())
    grant(pool, 100, source="b1")

    results = at_once([lambda: send("the same", 7, when=NOW).status] * 8)

    assert fates(results) == {"applied": 1, "duplicate": 7}
    assert balances.of_pool(pool, as_of=NOW, known_at=NOW).used == 7


def test_without_the_lock_the_same_event_is_not_told_from_its_repetitions(
    without_the_lock, books_break
):
    grant(open_pool(customer()), 100, source="b1")

    results = at_once([lambda: send("the same", 7, when=NOW).status] * 8, meeting=without_the_lock)

    assert broken(results)


def test_where_no_line_is_touched_the_unique_key_decides_and_the_losers_try_again(
    without_the_lock,
):
    grant(open_pool(customer()), 100, source="b1")

    results = at_once([lambda: send("the same", 0, when=NOW).status] * 8, meeting=without_the_lock)

    assert fates(results) == {"applied": 1, "duplicate": 7}
    assert UsageEvent.objects.filter(key="the same").count() == 1


def holders_of(number: int, *, credits: int) -> list[Callable[[], object]]:
    """Acts that each place one hold on so many credits, and answer with its fate."""

    def holding(code: str) -> Callable[[], object]:
        def place() -> str:
            lasts, work = timedelta(hours=1), usage("work", credits)
            return _fate(
                lambda: holds.place(work, code=code, lasts=lasts, by="ada", at=NOW), "held"
            )

        return place

    return [holding(f"h{index}") for index in range(number)]


def test_holds_and_drains_share_the_balance_and_no_credit_is_promised_twice():
    pool = open_pool(customer())
    grant(pool, 20, source="b1")

    found = fates(at_once([*holders_of(20, credits=1), *spenders(20)]))

    balance = balances.of_pool(pool, as_of=NOW, known_at=NOW)
    assert (found["held"], found["applied"]) == (balance.held, balance.used)
    assert balance.held + balance.used == 20
    assert found["insufficient_credits"] == 20


def test_without_the_lock_holds_and_drains_promise_credits_twice(without_the_lock, books_break):
    grant(open_pool(customer()), 20, source="b1")

    results = at_once([*holders_of(20, credits=1), *spenders(20)], meeting=without_the_lock)

    assert broken(results)


def captures_and_releases(
    captures: int, releases: int, *, meeting: Meeting | None = None
) -> tuple[list[object], Pool]:
    """A hold on 30 of 100 credits is captured by some and released by others at once."""
    pool = open_pool(customer())
    grant(pool, 100, source="b1")
    held = holds.place(usage("work", 30), code="h1", lasts=timedelta(hours=1), by="ada", at=NOW)

    def capture(key: str) -> Callable[[], object]:
        return lambda: _fate(
            lambda: holds.capture(held, usage(key, 30), origin="test", at=NOW), "captured"
        )

    def release() -> object:
        return _fate(lambda: holds.release(held, at=NOW), "released")

    acts = [*(capture(f"c{n}") for n in range(captures)), *[release] * releases]
    return at_once(acts, meeting=meeting), pool


def test_a_hold_is_captured_or_released_by_exactly_one():
    results, pool = captures_and_releases(6, 2)

    found = fates(results)
    balance = balances.of_pool(pool, as_of=NOW, known_at=NOW)
    assert balance.held == 0
    assert balance.used in (0, 30)
    assert found.get("captured", 0) == balance.used // 30
    assert HoldEnd.objects.count() == 1


def test_without_the_lock_a_hold_is_captured_by_several(without_the_lock, books_break):
    """By events alone: a release is done before the first of them has read anything."""
    results, _ = captures_and_releases(8, 0, meeting=without_the_lock)

    assert broken(results)


def _fate(act: Callable[[], object], done: str) -> str:
    """What became of an act: the code of its refusal, or `done`."""
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return done


def expiry_against_drain(*, meeting: Meeting | None = None) -> tuple[list[object], Block]:
    """A block of 100 ended a minute ago: it is swept while twenty events of 10 from before arrive."""
    end = NOW - timedelta(minutes=1)
    block = grant(open_pool(customer()), 100, source="b1", end=end)
    subject = f"{block.customer_id}-{block.id}"
    late = end - timedelta(seconds=1)
    send("makes the month", 0, when=NOW, time=late)

    def sweep() -> str:
        expiry.expire_due(subject, end, NOW)
        return "swept"

    return at_once([sweep, *spenders(20, credits=10, time=late)], meeting=meeting), block


def test_expiry_and_use_from_before_it_come_to_the_same_in_any_order():
    results, block = expiry_against_drain()

    assert fates(results) == {"swept": 1, "applied": 10, "insufficient_credits": 10}
    balance = balances.of_pool(block.pool, as_of=NOW, known_at=NOW)
    assert (balance.used, balance.expired, balance.available) == (100, 0, 0)


def test_without_the_lock_expiry_and_use_tread_on_each_other(without_the_lock, books_break):
    results, _ = expiry_against_drain(meeting=without_the_lock)

    assert broken(results)


def void_against_drain(*, meeting: Meeting | None = None) -> tuple[list[object], Block]:
    """An event of 100 is voided by eight at once while twenty others of 10 are drawn."""
    block = grant(open_pool(customer()), 1_000, source="b1")
    send("mistaken", 100, when=NOW)
    event = UsageEvent.objects.get(key="mistaken")

    def void() -> str:
        try:
            corrections.void(event, by="Fiona", reason="test", at=NOW)
        except Refusal as refused:
            return refused.code
        return "voided"

    return at_once([*[void] * 8, *spenders(20, credits=10)], meeting=meeting), block


def test_an_event_is_voided_once_while_others_draw():
    results, block = void_against_drain()

    assert fates(results) == {"voided": 1, "event_void": 7, "applied": 20}
    balance = balances.of_pool(block.pool, as_of=NOW, known_at=NOW)
    assert (balance.used, balance.available) == (200, 800)


def test_without_the_lock_a_void_and_use_tread_on_each_other(without_the_lock, books_break):
    results, _ = void_against_drain(meeting=without_the_lock)

    assert broken(results)


def both_orders(number: int) -> list[Callable[[], object]]:
    """Acts that each send one batch for two customers; half of them name the second one first."""
    for code in ("acme", "zeta"):
        grant(open_pool(customer(code)), 1_000, source="b1")

    def batch(index: int) -> Callable[[], object]:
        def act() -> str:
            codes = ("acme", "zeta") if index % 2 else ("zeta", "acme")
            receipt = report(*(usage(f"e{index}", 1, customer=code) for code in codes), when=NOW)
            return " ".join(outcome.status for outcome in receipt.outcomes)

        return act

    return [batch(index) for index in range(number)]


def test_batches_of_two_customers_in_both_orders_never_wait_for_each_other():
    results = at_once(both_orders(20))

    assert fates(results) == {"applied applied": 20}


def test_locked_in_the_order_of_the_batch_two_batches_wait_for_each_other(monkeypatch, books_break):
    """The negative control: each holds one pool and wants the other's; the database ends one."""
    lock, met = locked_pools.lock, threading.Barrier(2)
    turned = itertools.count()

    def lock_in_any_order(keys, now, *meanwhile):
        ordered = sorted(set(keys))
        if len(ordered) > 1:
            if next(turned) % 2:
                ordered.reverse()
            lock(ordered[:1], now)
            met.wait(PATIENCE_SECONDS)
        return lock(ordered, now, *meanwhile)

    acts = both_orders(2)
    monkeypatch.setattr(locked_pools, "lock", lock_in_any_order)

    assert fates(at_once(acts)) == {"applied applied": 1, "OperationalError": 1}


def revokers(block: Block, number: int, *, credits: int) -> list[Callable[[], object]]:
    """Acts that each take so many credits of a block back, and answer with their fate."""

    def revoke() -> str:
        return _fate(
            lambda: grants.revoke(block, credits=credits, by="Fiona", reason="test", at=NOW),
            "revoked",
        )

    return [revoke] * number


def test_what_is_taken_back_is_not_spent_and_what_is_spent_is_not_taken_back():
    block = grant(open_pool(customer()), 100, source="b1")

    found = fates(at_once([*revokers(block, 8, credits=10), *spenders(20, credits=10)]))

    balance = balances.of_pool(block.pool, as_of=NOW, known_at=NOW)
    assert found.get("revoked", 0) + found.get("applied", 0) == 10
    assert (balance.voided, balance.used) == (10 * found["revoked"], 10 * found["applied"])
    assert found.get("credits_consumed", 0) == 8 - found["revoked"]
    assert found["insufficient_credits"] == 20 - found["applied"]


def test_without_the_lock_credits_are_taken_back_and_spent(without_the_lock, books_break):
    block = grant(open_pool(customer()), 100, source="b1")

    results = at_once(
        [*revokers(block, 8, credits=10), *spenders(20, credits=10)], meeting=without_the_lock
    )

    assert broken(results)


WORKERS, BATCH = 4, 1_000


def workers(pool_credits: int, *, meeting: Meeting | None = None) -> tuple[list[object], Pool]:
    """Workers that each send one large batch of single credits to the same pool, in two rounds."""
    pool = open_pool(customer())
    grant(pool, pool_credits, source="b1")

    def worker(name: str) -> Callable[[], object]:
        def work() -> list[str]:
            rounds = (
                report(*(usage(f"{name} {n} {e}", 1) for e in range(BATCH)), when=NOW)
                for n in range(2)
            )
            return [o.code or o.status for receipt in rounds for o in receipt.outcomes]

        return work

    return at_once([worker(f"w{index}") for index in range(WORKERS)], meeting=meeting), pool


def test_workers_with_large_batches_on_one_pool_spend_each_credit_once():
    results, pool = workers(5_000)

    met = Counter(fate for result in results if isinstance(result, list) for fate in result)
    assert met == {"applied": 5_000, "insufficient_credits": 2 * WORKERS * BATCH - 5_000}
    assert balances.of_pool(pool, as_of=NOW, known_at=NOW).used == 5_000


def test_without_the_lock_large_batches_tread_on_each_other(without_the_lock, books_break):
    results, _ = workers(5_000, meeting=without_the_lock)

    assert broken(results)
