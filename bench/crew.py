"""Does the running of work in processes beside this one, each with connections of its own.

A process is forked where the book is made already, so it leads to the same one. It takes orders through a
pipe, one at a time, and ends when it is told to, or with the process that made it.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from django.db import connections

_END = "end"


class Died(Exception):
    """A process beside this one failed; the text is its traceback."""


class Beside:
    """A process beside this one that does `work(order)` for every order."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("fork")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(
            target=_obey, args=(theirs, self._orders, work), daemon=True
        )
        self._process.start()
        theirs.close()

    def order(self, order: Any) -> None:
        """Give it something to do."""
        self._orders.send(order)

    def answer(self) -> Any:
        """Wait for what came of its oldest order. Raises Died."""
        try:
            went_well, answer = self._orders.recv()
        except EOFError:
            went_well, answer = False, "the process ended without a word"
        if not went_well:
            raise Died(answer)
        return answer

    def end(self) -> None:
        """Let it go, and wait until it is gone."""
        # Younger processes have copies of this end, so closing it would not tell.
        self._orders.send(_END)
        self._process.join()
        self._orders.close()


def _obey(orders: Connection, parents: Connection, work: Callable[[Any], Any]) -> None:
    parents.close()
    _forget_connections()
    try:
        while (order := orders.recv()) != _END:
            orders.send((True, work(order)))
    except EOFError:
        pass
    except BaseException:  # whatever it is, the parent shows it
        orders.send((False, traceback.format_exc()))
    finally:
        connections.close_all()


def _forget_connections() -> None:
    """The parent's connections are the parent's; what is asked for from now on is opened anew."""
    for connection in connections.all(initialized_only=True):
        connection.connection = None
