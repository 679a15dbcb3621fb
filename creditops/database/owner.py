"""Answers with the connections of the owner: to the server, to a database other than the book."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import environ
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.base.base import NO_DB_ALIAS

from creditops.database.base import DatabaseWrapper
from creditops.database.roles import DATABASE

ALIAS = "owner"
# Where databases are made and dropped from: every server has it, and nothing of ours is in it.
MAINTENANCE = "postgres"


def require() -> None:
    """Check that there is an owner's connection; raises ImproperlyConfigured in one sentence."""
    if ALIAS not in connections.settings:
        raise ImproperlyConfigured(
            "DATABASE_URL is set and DATABASE_OWNER_URL is not. Migrations, scratch books and "
            "tests work as the role that owns the tables: set DATABASE_OWNER_URL to its address."
        )


def book() -> str:
    """The name of the database that the environment names, whatever tests put in its place."""
    url = settings.ENVIRONMENT.database_owner_url
    return str(environ.Env.db_url_config(url)["NAME"]) if url else DATABASE


@contextmanager
def on_server() -> Iterator[DatabaseWrapper]:
    """The owner's connection to a database of the same server that is none of ours.

    Raises ImproperlyConfigured where there is no owner's connection.
    """
    with _connection(MAINTENANCE, alias=NO_DB_ALIAS) as wrapper:
        yield wrapper


@contextmanager
def standing_in(database: str) -> Iterator[DatabaseWrapper]:
    """For the time of the block, in this thread, the alias "owner" leads to `database`.

    Raises ImproperlyConfigured where there is no owner's connection.
    """
    with _connection(database, alias=ALIAS) as wrapper:
        usual = connections[ALIAS]
        connections[ALIAS] = wrapper
        try:
            yield wrapper
        finally:
            connections[ALIAS] = usual


@contextmanager
def _connection(database: str, *, alias: str) -> Iterator[DatabaseWrapper]:
    require()
    wrapper = DatabaseWrapper({**connections.settings[ALIAS], "NAME": database}, alias)
    try:
        yield wrapper
    finally:
        wrapper.close()
