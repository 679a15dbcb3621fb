"""Does the playing of a scenario in a scratch book; a fault of the program is part of the report."""

from __future__ import annotations

from typing import Any

from creditops.database import scratch_process
from creditops.scenarios.play import Refused, Report, play
from ledger import tariffs


def play_in_scratch_book(scenario: dict[str, Any]) -> Report:
    """Play a validated scenario in a new scratch book, and drop the book.

    If the program itself fails, the report says so with the place, and the scenario has failed.
    """
    try:
        return scratch_process.run(_play_afresh, scenario)
    except scratch_process.ScratchFailed as failure:
        fault = Refused(0, scenario["steps"][0]["at"], "play", f"the program failed: {failure}")
        return Report(scenario["id"], refused=[fault])


def _play_afresh(scenario: dict[str, Any]) -> Report:
    """In the child process, which remembers tariffs of the book it was forked from: by ids that stand
    for others here."""
    tariffs.compiled.cache_clear()
    return play(scenario)
