"""Does the databases of the tests: one copy of the migrated template, used as the role `app`.

A test that rolls back leaves the copy as it was. After one that really committed the copy is made
anew: flushing would need rights over the books that nobody has, and would test another program.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import TransactionTestCase

from creditops.database import scratch
from ledger import tariffs

# Both lead to the same database, as in production: with the rights of `app`, and as its owner.
ALIASES = ("default", "owner")

_opened: weakref.WeakSet[BaseDatabaseWrapper] = weakref.WeakSet()


@contextmanager
def made() -> Iterator[None]:
    """For the time of the block all connections lead to a database of the tests' own."""
    template = scratch.template("empty", event_parts=event_parts())
    name = scratch.fresh_name("test")
    scratch.create(name, template)
    usual = {alias: connections.settings[alias]["NAME"] for alias in ALIASES}
    case: Any = TransactionTestCase  # types know nothing of the method that flushes
    flush = case._fixture_teardown
    connection_created.connect(_remember)
    _lead_to(dict.fromkeys(ALIASES, name))
    case._fixture_teardown = lambda self: _make_anew(name, template)
    try:
        yield
    finally:
        case._fixture_teardown = flush
        _close_all()
        _lead_to(usual)
        connection_created.disconnect(_remember)
        scratch.drop(name)


def event_parts() -> int:
    """Into how many parts the table of usage events is cut: the same tests hold for any number.

    CREDITOPS_TEST_PARTITIONS says so; without it the table is whole.
    """
    return int(os.environ.get("CREDITOPS_TEST_PARTITIONS") or 0)


def _make_anew(name: str, template: str) -> None:
    _close_all()
    scratch.drop(name)
    scratch.create(name, template)
    tariffs.forget()  # ids begin at 1 again, with other tariffs behind them


def _lead_to(names: dict[str, str]) -> None:
    """Lead every connection, of threads to come too, to the database of that name."""
    for alias, name in names.items():
        # The connections of all threads read this one dictionary when they open.
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def _remember(connection: BaseDatabaseWrapper, **_: Any) -> None:
    _opened.add(connection)


def _close_all() -> None:
    """Close what any thread left open; it opens anew when it is used again."""
    for connection in list(_opened):
        connection.inc_thread_sharing()
        try:
            connection.close()
        finally:
            connection.dec_thread_sharing()
    _opened.clear()
