"""An import killed anywhere goes on where it stopped: totals exact, nothing twice, nothing sent again."""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from creditops import verification
from creditops.lib import clock
from ledger import backfills, import_runs, importing, intake_counts, metering, totals
from ledger.models import EventBatch, ImportRun, Pool, UsageEvent
from tests.cast import customer, grant, open_pool

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
ROWS, BAD = 1_000, 7
GOOD = ROWS - BAD
# Every good row draws its number; every 137th is bad.
DRAWN = sum(n for n in range(ROWS) if n % 137 != 5 or n > 900)


@pytest.fixture
def pool() -> Pool:
    pool = open_pool(customer())
    grant(pool, 10_000_000, source="b")
    return pool


def is_bad(n: int) -> bool:
    return n % 137 == 5 and n <= 900


def times() -> str:
    return clock.now().isoformat()


# Where it is killed matters more than what it reads.
only_csv = pytest.mark.parametrize("file", ["csv"], indirect=True)


@pytest.fixture(params=["csv", "jsonl", "parquet"])
def file(request, tmp_path: Path) -> Path:
    """A thousand rows, seven of them bad, in a format."""
    path = tmp_path / f"usage.{request.param}"
    rows = [(times(), f"k{n}", "ten" if is_bad(n) else str(n)) for n in range(ROWS)]
    if request.param == "csv":
        with path.open("w", newline="") as out:
            csv.writer(out).writerows([("when", "id", "amount"), *rows])
    elif request.param == "jsonl":
        line = '{{"when": "{}", "id": "{}", "amount": "{}"}}\n'
        path.write_text("".join(line.format(*row) for row in rows))
    else:
        when, key, amount = zip(*rows, strict=True)
        table = pa.table({"when": list(when), "id": list(key), "amount": list(amount)})
        pq.write_table(table, path, row_group_size=150)
    return path


def words(path: Path, *more: str) -> list[str]:
    maps = ("--map=time=when", "--map=quantity=amount")
    return [
        "import_usage", str(path), "--source=file", "--id=id", "--customer=acme", "--meter=credits",
        *maps, *more,
    ]  # fmt: skip


def import_it(path: Path, *more: str) -> str:
    """Import to the end; the rows that are bad make the command end with 1."""
    out = StringIO()
    with pytest.raises(CommandError, match=f"{BAD} rows could not be read"):
        call_command(*words(path, *more), stdout=out, stderr=StringIO())
    return out.getvalue()


def rejected(path: Path) -> list[int]:
    with path.with_name(f"{path.name}.rejected.csv").open() as told:
        return [int(row["row"]) for row in csv.DictReader(told)]


def assert_exact(path: Path, pool: Pool) -> None:
    """Everything once: events, credits, rows that could not be read."""
    assert UsageEvent.objects.count() == GOOD
    assert totals.of_pool(pool, clock.now()).used == DRAWN
    counts = intake_counts.of()
    assert (counts["received"], counts["applied"], counts["duplicate"]) == (GOOD, GOOD, 0)
    assert rejected(path) == [n + 1 for n in range(ROWS) if is_bad(n)]
    (run,) = ImportRun.objects.filter(done_at__isnull=False)
    assert (run.rows_read, run.rejected, run.credits) == (ROWS, BAD, DRAWN)
    assert [breach for _, found in verification.verify() for breach in found] == []


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_before(module, name: str, call: int) -> None:
    """Be killed when this function is called for the n-th time."""
    usual, calls = getattr(module, name), 0

    def watched(*args, **named):
        nonlocal calls
        calls += 1
        if calls == call:
            _die()
        return usual(*args, **named)

    setattr(module, name, watched)


def _kill_after(module, name: str, call: int) -> None:
    """Be killed when this function has done its n-th call."""
    usual, calls = getattr(module, name), 0

    def watched(*args, **named):
        nonlocal calls
        calls += 1
        done = usual(*args, **named)
        if calls == call:
            _die()
        return done

    setattr(module, name, watched)


POINTS = {
    "before anything": lambda: _kill_before(import_runs, "begin", 1),
    "before the first batch": lambda: _kill_before(importing, "_take", 1),
    "with a batch before it": lambda: _kill_before(metering, "accept", 4),
    "with usage stored and the place not yet noted": lambda: _kill_after(metering, "accept", 4),
    "with the place noted and nothing committed": lambda: _kill_after(import_runs, "save", 4),
    "right after a commit": lambda: _kill_after(importing, "_take", 4),
    "in the last batch": lambda: _kill_after(metering, "accept", 10),
    "with all read and the end not yet noted": lambda: _kill_before(import_runs, "save", 11),
    "with the end noted and nothing committed": lambda: _kill_after(import_runs, "save", 11),
}


def _small_batches() -> None:
    importing.SMALLEST_BATCH = importing.FIRST_BATCH = importing.LARGEST_BATCH = 100


def _import_and_die(path: Path, point: str) -> None:
    for alias in connections:
        connections[alias].connection = None
    _small_batches()
    POINTS[point]()
    call_command(*words(path), stdout=StringIO(), stderr=StringIO())


@pytest.fixture
def small_batches(monkeypatch):
    for size in ("SMALLEST_BATCH", "FIRST_BATCH", "LARGEST_BATCH"):
        monkeypatch.setattr(importing, size, 100)


@only_csv
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_it_goes_on_where_it_stopped(file, pool, small_batches, point):
    child = multiprocessing.get_context("fork").Process(target=_import_and_die, args=(file, point))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL

    import_it(file)

    assert_exact(file, pool)
    # What was stored was not sent again: the batches of both starts are as many as of one.
    assert EventBatch.objects.count() == 10


def test_killed_again_and_again_from_outside_it_comes_to_the_end(file, pool):
    luck = random.Random(7)
    kills = 0
    while not ImportRun.objects.filter(done_at__isnull=False).exists():
        child = _start(*words(file))
        before = _read_so_far()
        goal = before + luck.randrange(1, 400)
        while child.poll() is None and _read_so_far() < goal:
            time.sleep(0.002)
        time.sleep(luck.random() * 0.02)
        child.kill()
        kills += child.wait() == -signal.SIGKILL

    assert kills >= 2
    assert_exact(file, pool)


@only_csv
def test_a_backfill_killed_while_it_loads_closes_or_is_reversed_comes_out_whole(file, pool):
    import_it(file, "--backfill=spring")
    assert UsageEvent.objects.count() == 0
    assert totals.of_pool(pool, clock.now()).available == 10_000_000

    for act, done in (("close", "closed"), ("reverse", "reversed")):
        kills = 0
        while _state("spring") != done:
            child = _start("backfill", act, "spring", "--reason=test")
            moved = _moved()
            while child.poll() is None and (kills == 3 or _moved() == moved):
                time.sleep(0.002)
            child.kill()
            kills += child.wait() == -signal.SIGKILL
        assert kills == 3
        standing = backfills.standing(backfills.find("spring"))
        assert standing.statuses == {"applied": GOOD}
        assert (standing.waiting, standing.void) == (0, GOOD if act == "reverse" else 0)
        assert standing.credits == (0 if act == "reverse" else DRAWN)
        assert totals.of_pool(pool, clock.now()).used == standing.credits


@only_csv
def test_two_imports_of_one_file_at_a_time_do_not_both_go_on(file, pool, small_batches):
    taken = importing._take

    def another_first(wanted, batch, run, rejects, *, at):
        ImportRun.objects.filter(pk=run.pk).update(rows_read=run.rows_read + 1)
        taken(wanted, batch, run, rejects, at=at)

    importing._take = another_first
    try:
        with pytest.raises(CommandError, match="is being imported by another process"):
            call_command(*words(file), stdout=StringIO(), stderr=StringIO())
    finally:
        importing._take = taken

    assert not UsageEvent.objects.exists()


def _start(*asked: str) -> subprocess.Popen[bytes]:
    database = str(connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.commands.importer", database, *asked],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _read_so_far() -> int:
    return sum(ImportRun.objects.values_list("rows_read", flat=True))


def _state(name: str) -> str:
    return backfills.find(name).state


def _moved() -> tuple[int, int]:
    standing = backfills.standing(backfills.find("spring"))
    return standing.waiting, standing.void
