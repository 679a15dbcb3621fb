"""When the database can't do its part: 503 with the seconds to wait, and never a 200 without a commit.

Whatever the client was told, it may send the same again: what was committed is a duplicate then.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import InterfaceError, connection, connections

from ledger import metering, usage_rows
from ledger.api import receipts
from ledger.models import EventBatch, UsageEvent
from tests.api.conftest import refused

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

BATCH = [
    {"id": f"e{number}", "customer": "acme", "meter": "credits", "quantity": 1}
    for number in range(3)
]


def busy(answer) -> str:
    """The seconds to wait that a busy answer names."""
    assert refused(answer) == (503, "busy")
    return answer["Retry-After"]


def sent_again(caller) -> dict[str, int]:
    """The fates of the same batch, sent again on a new connection, as a web server's is."""
    connection.close()
    answer = caller.send("events", BATCH).json()
    assert answer["received"] == 3
    assert UsageEvent.objects.count() == 3
    return {name: answer[name] for name in ("applied", "duplicates")}


def end_connection() -> None:
    """What an administrator, a failover or a restart of the server does to our connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        assert cursor.fetchone() == (True,)


def ending(before: Callable) -> Callable:
    def ended(*args, **kwargs):
        end_connection()
        return before(*args, **kwargs)

    return ended


@pytest.mark.parametrize("patience", ["lock_timeout", "statement_timeout"])
def test_a_pool_that_somebody_else_holds_for_long_is_busy_and_nothing_is_taken(
    caller, acme, patience
):
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute(f"SET {patience} = '200ms'")
    holding = connections["owner"].cursor()
    holding.execute("BEGIN")
    holding.execute("SELECT FROM ledger_poolstate FOR UPDATE")

    answer = caller.send("events", BATCH)
    holding.execute("ROLLBACK")

    assert busy(answer) == "1"
    assert not UsageEvent.objects.exists()
    assert not EventBatch.objects.exists()
    assert sent_again(caller) == {"applied": 3, "duplicates": 0}


def test_a_connection_that_ends_in_the_middle_takes_nothing(caller, acme, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(usage_rows, "write", ending(usage_rows.write))
        answer = caller.send("events", BATCH)
    connection.close()

    assert busy(answer) == "1"
    assert not UsageEvent.objects.exists()
    assert sent_again(caller) == {"applied": 3, "duplicates": 0}


def test_a_connection_that_ends_before_the_commit_is_no_success(caller, acme, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(connection, "_commit", ending(connection._commit))
        answer = caller.send("events", BATCH)
    connection.close()

    assert busy(answer)
    assert not UsageEvent.objects.exists()
    assert sent_again(caller) == {"applied": 3, "duplicates": 0}


def test_where_the_answer_is_lost_after_the_commit_the_same_again_is_counted_once(
    caller, acme, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr(receipts, "shown", ending(receipts.shown))
        answer = caller.send("events", BATCH)
    connection.close()

    assert busy(answer)
    assert UsageEvent.objects.count() == 3
    assert sent_again(caller) == {"applied": 0, "duplicates": 3}


def test_a_server_that_is_not_there_is_told_before_anything_is_read(caller, acme, monkeypatch):
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "PORT", "1")
        patched.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        answer = caller.send("events", BATCH)
    connection.close()

    assert busy(answer) == "5"
    assert sent_again(caller) == {"applied": 3, "duplicates": 0}


def test_a_server_that_has_become_a_standby_is_busy_until_the_other_one_is_found(caller, acme):
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")

    answer = caller.send("events", BATCH)

    assert busy(answer) == "5"
    assert sent_again(caller) == {"applied": 3, "duplicates": 0}


def test_a_connection_that_is_found_closed_is_no_fault_of_the_caller(caller, acme, monkeypatch):
    def closed(*_, **__):
        raise InterfaceError("connection already closed")

    with monkeypatch.context() as patched:
        patched.setattr(metering, "accept", closed)
        answer = caller.send("events", BATCH)

    assert busy(answer) == "5"
    assert sent_again(caller) == {"applied": 3, "duplicates": 0}
