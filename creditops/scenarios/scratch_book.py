"""Does the playing of a scenario in a scratch book; a fault of the program is part of the report."""

from __future__ import annotations

from typing import Any

from creditops.database import scratch_process
from creditops.scenarios.play import Refused, Report, play


def play_in_scratch_book(scenario: dict[str, Any]) -> Report:
    """Play a validated scenario in a new scratch book, and drop the book.

    If the program itself fails, the report says so with the place, and the scenario has failed.
    """
    try:
        return scratch_process.run(play, scenario)
    except scratch_process.ScratchFailed as failure:
        fault = Refused(0, scenario["steps"][0]["at"], "play", f"the program failed: {failure}")
        return Report(scenario["id"], refused=[fault])
