"""Old usage in files: a slim row stays that is never counted twice, and the rest can be found and proved."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from pyarrow import parquet

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops import verification
from creditops.lib import clock, seals
from creditops.lib.refusals import NotFound, Refusal
from ledger import archive_files, archiving, corrections, data_digests, explain, units
from ledger.models import EventArchive, UsageEvent, UsageException
from tests import cast, damage
from tests.cast import at

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

MARCH, APRIL, NOW = at("2026-03-10"), at("2026-04-01"), at("2026-11-01")
DATA = {"model": "large", "tokens": Decimal("1500.5"), "note": "naïve, 3:4"}


@pytest.fixture
def folder(tmp_path, settings) -> Path:
    settings.CREDITOPS_ARCHIVE = tmp_path / "archive"
    return settings.CREDITOPS_ARCHIVE


def message(key="u1", **fields):
    usual = {"meter": "chat", "data": DATA, "user": "lena", "time": MARCH}
    return cast.usage(key, 1, **usual | fields)


@pytest.fixture
def books(folder):
    """Acme's 1,000 credits; in March a batch of two chats and a plain event, in April one chat more."""
    units.create_meter(
        code="chat", name="Chat", properties={"model": "text", "tokens": "number", "note": "text"}
    )
    rate_cards.publish(
        card="std", version="1", effective_from=cast.START, by="Sam", at=cast.START,
        items=[Item("large chat", 3, meter="chat", match={"model": "large"}),
               Item("chat", 1, meter="chat")],
    )  # fmt: skip
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 1_000, source="b1", cost=1_000)
    agreements.follow_rates(pool.holder, rate_cards.find("std"), at=cast.START)
    batch = (
        message(),
        message("u2", data={**DATA, "model": "small"}),
        cast.usage("u3", 5, time=MARCH),
    )
    cast.report(*batch, when=MARCH)
    cast.report(message("u4", time=APRIL), when=APRIL)
    return pool


def archive(folder: Path, before=APRIL):
    return archiving.archive(before, folder=folder, using="owner", at=NOW)


def event(key: str) -> UsageEvent:
    found = UsageEvent.objects.get(key=key)
    return explain.find(f"{found.customer_id}-{found.id}")


def wrong() -> list[tuple[str, str]]:
    return [(b.check, b.detail) for _, found in verification.verify() for b in found]


# ---------------------------------------------------------------- what stays, what goes


def test_the_data_of_whole_old_batches_goes_and_all_else_stays(books, folder):
    before = UsageEvent.objects.order_by("id").defer("data", "data_digest").values()

    stood = list(before)
    [made] = archive(folder)

    assert (made.name, made.events, made.moved) == (
        f"usage-{made.first_batch}-{made.last_batch}.parquet",
        3,
        2,
    )
    kept = {row.key: (row.data, row.data_digest is None) for row in UsageEvent.objects.all()}
    assert kept == {
        "u1": (None, False),
        "u2": (None, False),
        "u3": (None, True),
        "u4": ({"model": "large", "tokens": "1500.5", "note": "naïve, 3:4"}, True),
    }
    changed = ("data", "data_digest")
    assert [
        {name: value for name, value in row.items() if name not in changed}
        for row in UsageEvent.objects.order_by("id").values()
    ] == [{name: value for name, value in row.items() if name not in changed} for row in stood]
    assert wrong() == []


def test_the_file_can_be_read_without_the_database(books, folder):
    [made] = archive(folder)

    rows = parquet.read_table(folder / made.name).to_pylist()

    assert [row["key"] for row in rows] == ["u1", "u2", "u3"]
    first = rows[0]
    assert (first["customer"], first["source"], first["meter"], first["quantity"]) == (
        "acme", "test", "chat", "1",
    )  # fmt: skip
    assert (first["event_time"], first["credits"], first["status"]) == (MARCH, 3, "a")
    assert first["data"] == '{"note": "naïve, 3:4", "model": "large", "tokens": "1500.5"}'
    assert "lena" not in (folder / made.name).read_bytes().decode("latin-1")


def test_a_second_run_finds_nothing_to_do_and_a_later_day_what_came_since(books, folder):
    archive(folder)

    assert archive(folder) == []
    assert [made.events for made in archive(folder, APRIL + timedelta(days=1))] == [1]
    assert wrong() == []


def test_files_are_cut_between_batches(books, folder, monkeypatch):
    monkeypatch.setattr(archiving, "FILE_EVENTS", 3)
    cast.report(message("u5", time=MARCH), message("u6"), when=MARCH + timedelta(hours=1))

    made = archive(folder)

    assert [(row.events, row.moved) for row in made] == [(3, 2), (2, 2)]
    assert wrong() == []


def test_what_is_young_stays(books, folder):
    with pytest.raises(Refusal) as refused:
        archive(folder, NOW - timedelta(days=89))

    assert refused.value.code == "archive_too_young"


def test_what_was_sealed_stays_as_it_was_sealed(books, folder):
    head = seals.seal(at=NOW).head
    archive(folder)
    seals.seal(at=NOW)

    assert [found for _, found in verification.verify(head) if found] == []


# ---------------------------------------------------------------- repetitions


SAME = [
    {},
    {"data": {}},
    {"data": {"tokens": Decimal("1500.5")}},
    {"data": {**DATA, "undeclared": "x"}},
    {"user": None},
]
OTHER = [
    {"data": {**DATA, "model": "small"}},
    {"data": {"tokens": Decimal("1500.6")}},
    {"data": {"note": "naïve, 3:5"}},
    {"time": MARCH + timedelta(microseconds=1)},
    {"user": "otto"},
    {"quantity": Decimal(2)},
]


@pytest.mark.parametrize("archived", [False, True], ids=["in the row", "in a file"])
def test_years_later_the_same_is_a_duplicate_and_another_a_conflict(books, folder, archived):
    if archived:
        archive(folder)
    again = [replace(message(), **fields) for fields in [*SAME, *OTHER]]

    outcomes = [cast.report(one, when=NOW).outcomes[0].status for one in again]

    assert outcomes == ["duplicate"] * len(SAME) + ["conflict"] * len(OTHER)
    assert UsageException.objects.count() == len(OTHER)
    assert cast.left_of(books.holder, NOW) == 1_000 - 3 - 1 - 5 - 3


def test_a_property_that_the_first_message_left_out_is_not_compared(books, folder):
    cast.report(message("u7", data={"model": "large"}), when=MARCH)
    archive(folder)

    assert cast.report(message("u7"), when=NOW).outcomes[0].status == "duplicate"


def test_the_database_and_the_program_make_the_same_digest():
    data = {
        "a": "1:2",
        "ab": "",
        "é": "€\U0001f600",
        "n": "5",
        "no": None,
        "yes": True,
        "list": [1, "x"],
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_data_digest(%s::jsonb)", [json.dumps(data)])
        digest = bytes(cursor.fetchone()[0])

    assert len(digest) == 12 * len(data)
    assert all(data_digests.agrees(digest, name, value) for name, value in data.items())
    assert not any(data_digests.agrees(digest, name, "other") for name in data)
    assert data_digests.agrees(digest, "another", "anything")


# ---------------------------------------------------------------- explaining, correcting


def test_explain_says_where_the_rest_lies(books, folder):
    [made] = archive(folder)

    assert [archiving.home_of(event(key)) for key in ("u1", "u3", "u4")] == [made, None, None]
    assert [draw.credits for draw in explain.draws(event("u1"))] == [3]
    assert explain.rates(event("u1")) == []
    assert [rate.item for rate in explain.rates(event("u4"))] == ["large chat"]


def test_what_is_in_a_file_is_brought_back_before_it_is_corrected(books, folder):
    [made] = archive(folder)
    with pytest.raises(Refusal, match=f"--restore {made.name}") as refused:
        corrections.correct(event("u1"), credits=1, by="F", reason="x", at=NOW)

    archiving.bring_back(made.name, folder=folder, using="owner", at=NOW)
    corrections.correct(event("u1"), credits=1, by="F", reason="x", at=NOW)

    assert refused.value.code == "event_archived"
    assert event("u1").data == {"model": "large", "tokens": "1500.5", "note": "naïve, 3:4"}
    assert UsageEvent.objects.exclude(data_digest=None).count() == 0
    assert wrong() == []
    with pytest.raises(Refusal) as again:
        archiving.bring_back(made.name, folder=folder, using="owner", at=NOW)
    assert again.value.code == "archive_returned"
    assert len(archive(folder)) == 1
    assert wrong() == []


def test_an_unknown_file_is_not_found(books, folder):
    with pytest.raises(NotFound):
        archiving.bring_back("usage-9-9.parquet", folder=folder, using="owner", at=NOW)


# ---------------------------------------------------------------- nobody else, nothing else


@pytest.mark.parametrize(
    "change",
    [
        "data = NULL",
        "data = NULL, data_digest = ''",
        'data = \'{"model": "small"}\'',
        "credits = 0",
        "data = NULL, data_digest = ledger_data_digest(data), credits = 0",
        "data = NULL, data_digest = ledger_data_digest('{}')",
        "quantity = quantity",
    ],
)
def test_the_owner_may_do_nothing_else_to_an_event(change, books):
    with (
        pytest.raises(IntegrityError, match="written once"),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"UPDATE ledger_usageevent SET {change} WHERE key = 'u1'")


@pytest.mark.parametrize(
    "change",
    ["data = '{}', data_digest = NULL", "data_digest = NULL", "data_digest = 'x'", "credits = 0"],
)
def test_nor_to_one_whose_data_lies_in_a_file(change, books, folder):
    archive(folder)

    with (
        pytest.raises(IntegrityError, match="written once"),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"UPDATE ledger_usageevent SET {change} WHERE key = 'u1'")


def test_the_application_may_not_even_do_that(books):
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_usageevent SET data = NULL, data_digest = ledger_data_digest(data)"
        )


def test_no_batch_lies_in_two_files(books, folder):
    [made] = archive(folder)
    twice = {
        f.attname: getattr(made, f.attname) for f in EventArchive._meta.fields if f.name != "id"
    }

    with (
        pytest.raises(IntegrityError, match="lie in an archive file already"),
        transaction.atomic(),
    ):
        EventArchive.objects.create(**twice)


# ---------------------------------------------------------------- damage


def test_verify_tells_a_file_that_was_changed_shortened_or_lost(books, folder):
    [made] = archive(folder)
    path = folder / made.name
    sound = path.read_bytes()
    told = []
    for damaged in (sound[:100] + bytes([sound[100] ^ 1]) + sound[101:], sound[:-1], None):
        path.unlink() if damaged is None else path.write_bytes(damaged)
        told += wrong()
    path.write_bytes(sound)

    assert told == [
        ("archive_files_are_as_written", "has another SHA-256 than the one written down"),
        ("archive_files_are_as_written",
         f"has {len(sound) - 1} bytes in place of {len(sound)}"),
        ("archive_files_are_as_written", f"is not in {folder}"),
    ]  # fmt: skip
    assert wrong() == []


def test_a_damaged_file_is_not_brought_back(books, folder):
    [made] = archive(folder)
    path = folder / made.name
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    with pytest.raises(Refusal) as refused:
        archiving.bring_back(made.name, folder=folder, using="owner", at=NOW)

    assert refused.value.code == "archive_damaged"
    assert event("u1").data is None


def test_files_that_are_out_of_reach_are_not_judged(books, folder, tmp_path):
    archive(folder)
    folder.rename(tmp_path / "elsewhere")

    assert wrong() == []


def test_verify_tells_events_that_are_not_as_archived(books, folder, books_break):
    archive(folder)
    damage.plant(
        "UPDATE ledger_usageevent SET data = '{\"a\": 1}', data_digest = NULL WHERE key = 'u1'",
        "UPDATE ledger_usageevent SET data_digest = 'x', data = NULL WHERE key = 'u4'",
    )

    assert [detail for check, detail in wrong() if check == "archives_hold_their_events"] == [
        "3 events, 2 of them with data, were written; there are 3, 1 with a digest, 1 with data",
        "has a digest, and its batch lies in no archive file",
    ]


# ---------------------------------------------------------------- killed in the middle


def _die(*args, **parameters):
    os.kill(os.getpid(), signal.SIGKILL)


def _run_and_die(*args, usual=archiving._run, **parameters):
    usual(*args, **parameters)
    _die()


def _archive_and_die(folder: Path, step: str) -> None:
    connections.close_all()
    if step == "file":
        archive_files._sync_folder = _die
    elif step == "entry":
        archiving._run = _die
    else:
        archiving._run = _run_and_die
    archive(folder)


@pytest.mark.parametrize("step", ["file", "entry", "rows"])
def test_a_run_that_was_killed_is_simply_started_again(books, folder, step):
    """When the file stood there, when its entry did, and when the rows were changed but not committed."""
    connections.close_all()
    child = multiprocessing.get_context("fork").Process(
        target=_archive_and_die, args=(folder, step)
    )
    child.start()
    child.join(60)

    assert child.exitcode == -signal.SIGKILL
    assert not EventArchive.objects.exists()
    assert UsageEvent.objects.filter(data__isnull=True).count() == 1
    assert wrong() == []
    assert [(made.events, made.moved) for made in archive(folder)] == [(3, 2)]
    assert [path.suffix for path in folder.iterdir()] == [".parquet"]
    assert wrong() == []


# ---------------------------------------------------------------- the command


def test_the_command_says_what_it_did(books, folder, capsys, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)

    call_command("archive_usage", "--before=2026-04-01")
    name = EventArchive.objects.get().name
    size = EventArchive.objects.get().bytes
    call_command("archive_usage", "--before=2026-04-01")
    call_command("archive_usage", "--restore", name)

    assert capsys.readouterr().out.splitlines() == [
        f"{name}: 3 events, {size:,} bytes",
        f"The data of 2 events lies in 1 files, {size:,} bytes, in {folder}.",
        "Nothing that was received before 2026-04-01 is left to move.",
        f"The data of 2 events is back from {name}.",
    ]
    with pytest.raises(CommandError, match="Name an earlier day"):
        call_command("archive_usage", "--before=2026-10-31")
    with pytest.raises(CommandError, match="/dev/null/none: Not a directory"):
        call_command("archive_usage", "--before=2026-04-01", "--folder=/dev/null/none")
    with pytest.raises(CommandError, match="was brought back already"):
        call_command("archive_usage", "--restore", name)
