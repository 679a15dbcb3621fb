"""Seals cover what can't change any more, once each, in one chain, without anybody waiting for them."""

from __future__ import annotations

import hashlib
import threading

import pytest
from django.db import connection, transaction

from creditops.lib import chain, seals
from creditops.lib.models import Seal, SealedRows
from creditops.lib.refusals import Refusal
from creditops.lib.seals import Head
from ledger.models import EventSource
from tests import cast
from tests.cast import at
from tests.invoicing import racing

NOW = at("2026-03-01")
PATIENCE_SECONDS = 30


def source(name: str) -> EventSource:
    """A row of a small book."""
    return EventSource.objects.create(name=name)


class SlowWriter:
    """A transaction that wrote a source, in a thread of its own, and does not end before it is told."""

    def __init__(self) -> None:
        self._wrote, self._may_commit = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        assert self._wrote.wait(PATIENCE_SECONDS)

    def commit(self) -> None:
        self._may_commit.set()
        self._thread.join(PATIENCE_SECONDS)

    def _write(self) -> None:
        try:
            with transaction.atomic():
                self.number = source("slow, with the smaller number").id
                self._wrote.set()
                self._may_commit.wait(PATIENCE_SECONDS)
        finally:
            connection.close()


def faults() -> list[chain.Fault]:
    return [*chain.broken_links(), *chain.changed_rows(), *chain.unreachable_rows()]


def ends() -> dict[int, list[tuple[int | None, int, int]]]:
    """By seal: the ranges of event sources, (after, up to, rows)."""
    found: dict[int, list[tuple[int | None, int, int]]] = {}
    for made in SealedRows.objects.filter(table_name="ledger_eventsource").order_by("upto_id"):
        found.setdefault(made.seal_id, []).append((made.after_id, made.upto_id, made.rows))
    return found


@pytest.mark.django_db
def test_each_seal_covers_what_came_since_the_last():
    source("a"), source("b")
    first = seals.seal(at=NOW)
    third = source("c")

    second = seals.seal(at=NOW)

    assert (first.rows, second.rows) == (2, 1)
    assert (first.head.number, second.head.number) == (1, 2)
    assert ends() == {1: [(None, third.id - 1, 2)], 2: [(third.id - 1, third.id, 1)]}
    assert Seal.objects.get(number=2).previous == first.head.digest
    assert faults() == []


@pytest.mark.django_db
def test_where_nothing_is_new_no_seal_is_made():
    assert seals.seal(at=NOW) == seals.Sealed(None, 0, [])
    source("a")
    first = seals.seal(at=NOW)

    again = seals.seal(at=NOW)

    assert again == seals.Sealed(first.head, 0, [])
    assert Seal.objects.count() == 1


@pytest.mark.django_db
def test_many_rows_are_sealed_in_ranges_that_leave_no_gap(monkeypatch):
    monkeypatch.setattr(seals, "RANGE_ROWS_MAX", 2)
    made = [source(name).id for name in "abcde"]
    connection.cursor().execute(
        "SELECT nextval(pg_get_serial_sequence('ledger_eventsource', 'id'))"
    )

    seals.seal(at=NOW)

    assert ends() == {
        1: [(None, made[1], 2), (made[1], made[3], 2), (made[3], made[4] + 1, 1)],
    }
    assert faults() == []


@pytest.mark.django_db
def test_a_head_can_be_computed_by_anybody_from_what_stands_in_the_tables():
    """docs/verify.md gives this recipe to auditors."""
    row = source("söme; source")

    head = seals.seal(at=NOW).head

    digest = hashlib.sha256(f'({row.id},"söme; source")'.encode()).digest()
    covered = hashlib.sha256(digest).hexdigest()
    text = (
        f"1 {'0' * 64} 2026-03-01T00:00:00+00:00\n"
        f"ledger_eventsource id,name None {row.id} 1 {covered}"
    )
    assert head == Head(1, hashlib.sha256(text.encode()).hexdigest())


@pytest.mark.django_db
def test_a_digest_does_not_hang_on_how_a_session_writes_dates():
    cast.grant(cast.open_pool(cast.customer()), 100, source="b1")
    seals.seal(at=NOW)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Tokyo'; SET LOCAL DateStyle = 'German'")

    assert list(chain.changed_rows()) == []


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_under_way_may_still_add_is_left_for_the_next_run(monkeypatch):
    monkeypatch.setattr(seals, "_LOOKS", 1)
    slow = SlowWriter()
    quick = source("quick, with the greater number")
    cast.customer()

    first = seals.seal(at=NOW)
    slow.commit()
    second = seals.seal(at=NOW)

    assert first.unsettled == ["ledger_eventsource"]
    assert first.rows > 0
    assert second.unsettled == []
    assert ends() == {2: [(None, quick.id, 2)]}
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_without_waiting_for_others_a_late_row_would_look_forged(monkeypatch):
    """The negative control of the test above."""
    monkeypatch.setattr(seals, "_takers", lambda sequences: set())
    slow = SlowWriter()
    source("quick, with the greater number")

    seals.seal(at=NOW)
    slow.commit()

    assert faults() == [
        (f"ledger_eventsource {slow.number}", "was not there when seal 1 was made: it was added")
    ]


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_take_turns_and_the_chain_never_forks():
    for name in "abc":
        source(name)

    done = racing.at_once(4, lambda number: seals.seal(at=NOW))

    assert sorted(run.rows for run in done) == [0, 0, 0, 3]
    assert {run.head.number for run in done} == {1}
    assert Seal.objects.count() == 1


@pytest.mark.parametrize("text", ["", "12", "0-" + "a" * 64, "1-" + "g" * 64, "1-" + "a" * 63])
def test_what_is_no_head_is_refused(text):
    with pytest.raises(Refusal) as refused:
        seals.read_head(text)

    assert refused.value.code == "no_head"


def test_a_head_reads_as_it_was_printed():
    head = Head(12, "0123456789abcdef" * 4)

    assert seals.read_head(f" {head}\n") == head
