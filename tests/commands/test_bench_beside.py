"""The benchmarks beside `bench intake`: each measures what it says, and has no ratio without right books."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from django.core.management import call_command

from bench import checks, crew, customers, market, peer_pgledger, peers, people, workers
from bench.recount import Recount
from bench.timing import Ratio
from creditops.database.scratch_process import ScratchFailed
from creditops.management.commands.bench import BENCHMARKS

books = [
    pytest.mark.slow,
    pytest.mark.django_db(databases=["default", "owner"], transaction=True),
]


def with_marks(test):
    """A test that makes scratch books."""
    for mark in books:
        test = mark(test)
    return test


@pytest.fixture
def small(monkeypatch):
    """Everything is as small as it can be."""
    for module, values in (
        (workers, {"COPIES": 1, "SIZE": 50, "WARM_UP": 60}),
        (checks, {"COPIES": 1, "SIZE": 50, "BATCHES": 2, "REST": 0}),
        (peers, {"COPIES": 1, "SIZE": 60, "WARM_UP": 60, "SHARES": {"a plain ORM loop": 20}}),
        (people, {"SIZE": 100, "WARM_UP": 100, "EXTREME": 4, "ALLOWANCE": 150}),
        (customers, {"SIZE": 100, "BATCHES": 1, "WARM_UP": 100}),
    ):
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)


def test_every_benchmark_that_the_command_knows_is_there():
    assert all(callable(import_module(f"bench.{name}").measure) for name in BENCHMARKS)


@with_marks
def test_two_workers_are_measured_beside_one(small):
    [ratio] = workers.measure(events=200, rounds=2)

    assert re.fullmatch(r"Two workers, \d+% of the events at the busier", ratio.name)
    assert ratio.held_against == "one worker"
    assert (len(ratio.ours), len(ratio.theirs)) == (2, 2)


@with_marks
def test_a_worker_that_fails_is_heard():
    beside = crew.Beside(lambda order: 1 // order)
    beside.order(1)
    assert beside.answer() == 1

    beside.order(0)

    with pytest.raises(crew.Died, match="ZeroDivisionError"):
        beside.answer()


def test_customers_are_one_workers_alone_and_repetitions_stay_on_their_side():
    sold = market.Market(15)
    stream = workers.Stream(market.usage(sold))

    first, second = stream.next(0, 3_000), stream.next(1, 3_000)

    mine, yours = ({(e.customer, e.id) for e in side} for side in (first, second))
    assert not mine & yours
    assert len(mine) < len(first)
    assert len(yours) < len(second)


@with_marks
def test_checks_are_timed_under_load_and_without(small):
    found = checks.measure(times=3, rounds=1)

    names = [each.name for each in found]
    assert names == ["Check", "Check with a scoped block", "Check through the API"]
    number = r"\d+\.\d+"
    part = rf"p50 {number} ms, p99 {number} ms %s \({number} and {number} of SELECT 1\)"
    said = rf"[\w ]+: {part % 'under intake'}; {part % 'idle'}"
    assert all(re.fullmatch(said, str(each)) for each in found)


@with_marks
def test_peers_that_are_not_here_are_named(small, monkeypatch, tmp_path):
    monkeypatch.setattr(peers.peer_hordak, "is_installed", lambda: False)

    loop, pgledger, hordak = peers.measure(rounds=1, pgledger=str(tmp_path))

    assert isinstance(loop, Ratio)
    assert loop.held_against == "a plain ORM loop"
    assert pgledger == f"pgledger: not measured; {tmp_path} is no checkout of it."
    assert hordak == "django-hordak: not measured; it is not installed."
    assert peer_pgledger.SCRIPTS[-1] == "pgledger.sql"


@with_marks
def test_a_large_account_is_recounted_pooled_and_per_seat(small):
    pooled, seats = people.measure(people=120, rounds=2)

    assert pooled.name == "Pooled, 120 people by 100"
    assert seats.name == "Per seat, 120 people by 100"
    assert {pooled.held_against, seats.held_against} == {"INSERT ON CONFLICT"}


@pytest.mark.parametrize("share", ["half", "extreme"])
def test_half_of_the_people_use_nothing_and_few_use_most(share):
    events = people.usage(1_000)
    sent = [next(events).user for _ in range(20_500)]

    if share == "half":
        assert len(set(sent)) == 500
    else:
        extreme = sum(int(user.removeprefix("person")) < 200 for user in sent[500:])
        assert 0.63 < extreme / 20_000 < 0.67


def test_a_seat_that_is_used_up_refuses_in_the_model():
    model, events = people.People(allowance=30), people.usage(2)

    model.take([next(events) for _ in range(100)])

    assert model.used["person0"] <= 30
    assert model.applied.total() + model.refused.total() == 100
    assert model.refused["person0"] > 0


@with_marks
@pytest.mark.parametrize("name", ["customers", "peers", "workers"])
def test_books_that_the_recount_disagrees_with_have_no_ratio(small, monkeypatch, name):
    monkeypatch.setattr(Recount, "_may_use_first", lambda *args: True)
    monkeypatch.setattr(market, "_SCOPED_SHARE", 0.0)
    asked = {"customers": {"customers": 15}, "workers": {"events": 200}}.get(name, {})

    with pytest.raises(ScratchFailed, match="Differs"):
        import_module(f"bench.{name}").measure(rounds=1, **asked)


@with_marks
def test_the_command_passes_on_what_a_benchmark_takes(small, capsys):
    call_command("bench", "customers", "--customers=16", "--rounds=1", "--people=3")

    line = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(
        r"  Intake of 30 customers by 100: [\d,]+ events/s, [\d.]+ of INSERT ON CONFLICT .+", line
    )
