"""`manage.py bench`."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command

from bench import balance, growth, history, intake, timing
from bench.recount import Recount
from creditops import verification
from creditops.database import scratch_process
from creditops.database.scratch_process import ScratchFailed
from creditops.management.commands.bench import BENCHMARKS
from ledger.models import UsageEvent


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_a_benchmark_prints_our_speed_beside_a_limit(monkeypatch, capsys, settings):
    for module, name in ((timing, "ROUNDS"), (intake, "COPIES"), (balance, "READS")):
        monkeypatch.setattr(module, name, 1)
    monkeypatch.setattr(intake, "SIZES", {200: 400})
    monkeypatch.setattr(balance, "EVENTS", 10)
    monkeypatch.setattr(history, "READS", 3)
    monkeypatch.setattr(history, "BLOCKS", 20)
    monkeypatch.setattr(growth, "SIZES", {200: 1})
    monkeypatch.setattr(growth, "TIMES", 10)

    call_command("bench", "intake", "balance", "history", "growth", "--events=300")

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert len(lines) == 6
    plain = r"  [\w ,]+: [\d,]+ \w+/s, \d+\.\d\d of .+"
    assert all(re.fullmatch(plain, line) for line in [*lines[:3], lines[5]])
    spread = (
        r"  \w+: p50 [\d.]+ ms, p99 [\d.]+ ms with 20 blocks and 300 events; [\d.]+ and [\d.]+ ms with "
        r"none; ratios \d+\.\d\d and \d+\.\d\d"
    )
    assert all(re.fullmatch(spread, line) for line in lines[3:5])


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_a_ratio_needs_books_that_the_recount_agrees_with(monkeypatch, settings):
    monkeypatch.setattr(timing, "ROUNDS", 1)
    monkeypatch.setattr(intake, "COPIES", 1)
    monkeypatch.setattr(intake, "SIZES", {200: 200})
    monkeypatch.setattr(Recount, "correct", lambda *args: None)

    with pytest.raises(ScratchFailed, match="Differs"):
        intake.measure()


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_a_history_that_was_made_by_one_statement_is_a_sound_book():
    assert scratch_process.run(_faults_of_a_made_book) == (4_000, [])


def _faults_of_a_made_book():
    growth.make(4_000)
    breaches = [(b.check, b.where, b.detail) for _, found in verification.verify() for b in found]
    return UsageEvent.objects.count(), breaches


def test_an_unknown_benchmark_is_named():
    known = ", ".join(BENCHMARKS)
    with pytest.raises(CommandError, match=rf"No benchmark is called speed\. There are: {known}\."):
        call_command("bench", "speed")
