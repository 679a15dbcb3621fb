"""Does work in a scratch book: a database of its own, used by a child process.

Nothing of it remains, and nothing of the real books is read: the child's connections lead nowhere
else, and its memory ends with it.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db import connections

from creditops.database import scratch

_ALIASES = ("default", "owner")
_Answer = TypeVar("_Answer")


class ScratchFailed(Exception):
    """The work failed in its scratch book; the text is the child's traceback."""


def run(work: Callable[..., _Answer], *args: Any) -> _Answer:
    """Call `work(*args)` on a new, migrated, empty book, and drop the book.

    What it returns must pickle. Raises ScratchFailed if it raised or its process died.
    """
    template = scratch.template("empty")
    name = scratch.fresh_name("scratch")
    scratch.create(name, template)
    try:
        return cast(_Answer, _in_child(name, work, args))
    finally:
        scratch.drop(name)


def _in_child(database: str, work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(
        target=_child, args=(theirs, database, work, args)
    )
    child.start()
    theirs.close()
    try:
        went_well, answer = ours.recv()
    except EOFError:
        went_well, answer = False, "the process died"
    child.join()
    if not went_well:
        raise ScratchFailed(answer)
    return answer


def _child(
    answers: Connection, database: str, work: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    _lead_to(database)
    settings.STRIPE_SECRET_KEY = ""  # a scratch book charges no card of anybody
    try:
        answers.send((True, work(*args)))
    except BaseException:  # whatever it is, the parent shows it
        answers.send((False, traceback.format_exc()))
    finally:
        connections.close_all()


def _lead_to(database: str) -> None:
    """Lead this process's connections to `database`; the parent's open ones are left alone."""
    for alias in _ALIASES:
        if alias in connections.settings:
            connections.settings[alias]["NAME"] = database
            connections[alias].connection = None
            connections[alias].settings_dict["NAME"] = database
