"""Does races: the same work in several threads at once, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

# Who waits longer at a barrier has lost somebody on the way: the test fails instead of hanging.
PATIENCE_SECONDS = 30


def barrier(parties: int) -> threading.Barrier:
    """A line that so many threads cross together."""
    return threading.Barrier(parties, timeout=PATIENCE_SECONDS)


def at_once(parties: int, work: Callable[[int], Any]) -> list[Any]:
    """Do `work(0)`, `work(1)`, ... at once; returns what each gave back, or the error it raised."""
    start = barrier(parties)

    def run(number: int) -> Any:
        start.wait()
        try:
            return work(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(parties) as threads:
        return list(threads.map(run, range(parties)))
