"""`manage.py bench`."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command

from bench import balance, intake, timing


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_every_benchmark_prints_our_speed_beside_a_limit(monkeypatch, capsys, settings):
    for module, name in ((timing, "ROUNDS"), (intake, "BATCHES"), (balance, "READS")):
        monkeypatch.setattr(module, name, 1)
    monkeypatch.setattr(intake, "BATCH", 10)
    monkeypatch.setattr(balance, "EVENTS", 10)

    call_command("bench")

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert len(lines) == 2
    assert all(re.fullmatch(r"  \w+: [\d,]+ \w+/s, \d+\.\d\d of .+", line) for line in lines)


def test_an_unknown_benchmark_is_named():
    with pytest.raises(
        CommandError, match=r"No benchmark is called speed\. There are: intake, balance\."
    ):
        call_command("bench", "speed")
