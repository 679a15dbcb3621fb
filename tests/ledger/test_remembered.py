"""A process remembers customers while nothing about them changes, and never longer, whoever changes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Customer
from creditops.lib import binary
from ledger import holders, remembered, tariffs, units
from ledger.messages import Message
from ledger.models import DirectoryChange, Holder, Meter, UsageEvent, UserName
from ledger.tariffs import Price
from tests.cast import START, customer, grant, open_pool, report, unit, usage

pytestmark = pytest.mark.django_db(transaction=True)

NOW = START + timedelta(days=40)


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The statements in binary that were run, by their names."""
    usual, names = binary.rows, []

    def rows(package: str, name: str, *args: Any, **parameters: Any) -> Any:
        names.append(name)
        return usual(package, name, *args, **parameters)

    monkeypatch.setattr(binary, "rows", rows)
    return names


def card(version: str, credits: int, *, since=START, item: str = "call") -> None:
    meter = units.ensure_meter("call")
    price = Price(
        item=item, kind="fixed", meter=meter, property="", match={}, unit=unit(), credits=credits
    )
    tariffs.publish(name="std", version=version, prices=[price], effective_from=since, at=since)


def acme() -> Holder:
    """Acme with a thousand credits; a call costs it 3."""
    pool = open_pool(customer())
    grant(pool, 1_000, source="b1")
    card("1", 3)
    tariffs.assign(pool.holder, name="std", starts_at=START, source="test")
    holder: Holder = pool.holder
    return holder


def call(key: str, **fields) -> str:
    """What became of a call, and what it cost."""
    message = usage(key, 1, **({"meter": "call"} | fields))
    outcome = report(message, when=NOW).outcomes[0]
    return f"{outcome.code or outcome.status} {outcome.credits}"


def elsewhere(act: Callable[[], object]) -> None:
    """Do it in another session."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)


@contextmanager
def under_way(act: Callable[[], object]):
    """An act of another session that is done but not committed while the block runs."""
    done, go_on = threading.Event(), threading.Event()

    def run() -> None:
        with transaction.atomic():
            act()
            done.set()
            go_on.wait(60)

    thread = threading.Thread(target=lambda: elsewhere(run))
    thread.start()
    done.wait(60)
    try:
        yield
    finally:
        go_on.set()
        thread.join(60)


def test_whom_it_knows_it_does_not_look_up_again(asked):
    acme()
    call("e1", user="ann")
    asked.clear()

    assert call("e2", user="ann") == "applied 3"

    assert {"find_customers", "find_holders", "find_users", "add_users"}.isdisjoint(asked)
    assert UserName.objects.get().name == "ann"
    assert UsageEvent.objects.filter(user__name="ann").count() == 2


def test_a_new_version_of_a_card_prices_the_next_batch():
    acme()
    call("e1")

    elsewhere(lambda: card("2", 5, since=START + timedelta(days=1)))

    assert call("e2") == "applied 5"


def test_what_another_transaction_changes_is_seen_when_it_is_committed_and_not_before():
    acme()
    call("e1")

    with under_way(lambda: card("2", 5, since=START + timedelta(days=1))):
        assert call("e2") == "applied 3"

    assert call("e3") == "applied 5"


def test_a_change_that_was_under_way_while_the_memory_was_filled_is_not_missed():
    holder = acme()

    def sell() -> None:
        contract = holders.add(holder.customer, code="c1", time_zone="UTC", at=START)
        holders.begin_term(contract, starts_at=START, ends_at=START + timedelta(days=365))
        grant(holders.pool(contract, unit(), START), 50, source="c1")
        tariffs.assign(contract, name="std", starts_at=START, source="test")

    with under_way(sell):
        call("e1")
        call("e2")
    call("e3")

    paid_by = UsageEvent.objects.order_by("id").values_list("holder__code", flat=True)
    assert list(paid_by)[2] == "c1"
    assert set(paid_by[:2]) == {holder.code}


def test_a_change_that_is_undone_leaves_what_was_right():
    acme()
    call("e1")

    with transaction.atomic():
        card("2", 5, since=START + timedelta(days=1))
        assert call("e2") == "applied 5"
        transaction.set_rollback(True)

    assert call("e2") == "applied 3"


def test_a_user_who_was_named_in_a_transaction_that_is_undone_is_made_anew():
    acme()

    with transaction.atomic():
        call("e1", user="ann")
        transaction.set_rollback(True)
    call("e1", user="ann")

    assert UsageEvent.objects.get().user == UserName.objects.get()


def test_an_emptied_name_is_nobody_who_comes_back():
    acme()
    call("e1", user="ann")

    elsewhere(lambda: UserName.objects.update(name=None))
    call("e2", user="ann")

    assert UserName.objects.count() == 2
    assert UsageEvent.objects.get(key="e2").user.name == "ann"


def test_a_customer_with_a_new_code_is_known_by_it_alone():
    acme()
    call("e1")

    elsewhere(lambda: Customer.objects.filter(code="acme").update(code="acme-2"))

    assert call("e2") == "unknown_customer None"
    assert call("e3", customer="acme-2") == "applied 3"


def test_a_meter_that_counts_another_way_does_so_from_the_next_batch():
    acme()
    assert call("e1", data={"n": 7}) == "applied 3"

    elsewhere(lambda: Meter.objects.filter(code="call").update(quantity_property="n"))

    message = Message(source="test", key="e2", customer="acme", meter="call", data={"n": 7})
    assert report(message, when=NOW).outcomes[0].credits == 21


def test_who_changed_nothing_keeps_what_it_knows_when_another_customer_changes(asked):
    acme()
    otto = customer("otto")
    call("e1")
    elsewhere(lambda: open_pool(otto))
    asked.clear()

    call("e2")

    assert "find_holders" not in asked


def test_an_old_transaction_that_runs_on_makes_nobody_forget_again(asked):
    acme()
    call("e0")
    with under_way(lambda: customer("otto")):
        elsewhere(lambda: card("2", 5, since=START + timedelta(days=1)))
        assert call("e1") == "applied 5"
        asked.clear()

        assert call("e2") == "applied 5"

        assert "find_holders" not in asked


def test_a_transaction_notes_once_about_whom_it_changed_something():
    buyer = customer()
    unit()
    before = DirectoryChange.objects.count()

    with transaction.atomic():
        open_pool(buyer)
        holders.add(buyer, code="c1", time_zone="UTC", at=START)

    found = DirectoryChange.objects.filter(customer=buyer)
    assert found.count() == 1
    assert DirectoryChange.objects.count() == before + 1


def test_too_many_begin_anew(monkeypatch):
    acme()
    call("e1")
    monkeypatch.setattr(remembered, "CUSTOMERS_MAX", 0)

    assert call("e2") == "applied 3"

    assert len(remembered.memory().customers) == 0


def test_rows_of_another_server_neither_count_nor_hide_a_change(asked):
    holder = acme()
    call("e1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        [(ahead,)] = cursor.fetchall()
        cursor.execute(
            "INSERT INTO ledger_directorychange (xid, customer_id)"
            " SELECT n, %s FROM generate_series(%s::bigint + 1, %s + 200) AS n",
            [holder.customer_id, ahead, ahead],
        )
    asked.clear()

    elsewhere(lambda: Customer.objects.filter(code="acme").update(code="acme-2"))

    assert call("e2") == "unknown_customer None"
    assert call("e3", customer="acme-2") == "applied 3"
