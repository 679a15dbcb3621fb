"""Does the making and dropping of whole databases, as the owner: for scratch books and tests.

A *template* is a database that was migrated and then left alone; copying it takes a tenth of a
second. Its name carries the digest of what it was made from, so it is made once and never stale.
What nobody dropped, because its user was killed, is removed after a while by the next who comes.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import ProgrammingError
from django.db.backends.utils import CursorWrapper

from creditops.database import owner, partitions, shape

# A template that nobody copied for a day belongs to an older version of the program.
TEMPLATE_KEPT = timedelta(days=1)
# No scratch book and no test run takes so long.
SCRATCH_KEPT = timedelta(hours=6)
# Migrating from nothing takes seconds, on a busy machine a minute; several makers take turns.
WAIT_SECONDS_MAX = 300

NAME_BYTES_MAX = 63  # PostgreSQL cuts longer names
_BOOK_LENGTH = 20
# Any number that no other program on the server uses for the same: "credits" on a telephone.
_LOCK = 2733487

_NOT_ALLOWED = "42501"  # PostgreSQL's insufficient_privilege

_TEMPLATE = "creditops template, last used "
_SCRATCH = "creditops scratch, made "


def template(name: str, *, event_parts: int = 0) -> str:
    """Make a migrated template database, or find the one that was made.

    Args:
        name: what it is for, in a word; templates of different names are different databases.
        event_parts: into how many parts its table of usage events is cut; 0: it is whole.

    Returns the database's name. One process makes it while others wait; one that was killed while
    it made one leaves nothing that counts. Raises ImproperlyConfigured without an owner's
    connection.
    """
    cut = f"_{event_parts}_parts" if event_parts else ""
    made = _named(f"template_{name}{cut}_{shape.digest()}")
    with _alone() as cursor:
        _remove_stale(cursor, spared=made)
        if not _exists(cursor, made):
            _make_template(cursor, made, event_parts)
        _comment(cursor, made, _TEMPLATE)
    return made


def create(name: str, template: str) -> None:
    """Make the database `name` as a copy of the template database `template`.

    Raises ProgrammingError if there is one of that name, or no such template.
    """
    with _server() as cursor:
        cursor.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(template)}")
        _comment(cursor, name, _SCRATCH)


def drop(name: str) -> None:
    """Drop the database `name`, ending the sessions in it; fine if there is none."""
    with _server() as cursor:
        try:
            cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
        except ProgrammingError as error:
            if getattr(error.__cause__, "sqlstate", "") != _NOT_ALLOWED:
                raise
            # The server vacuums there, which FORCE may not end for us. Without FORCE it ends that
            # by itself; the sessions, which have users, are ours to end.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usesysid IS NOT NULL",
                [name],
            )
            cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)}")


def fresh_name(purpose: str) -> str:
    """A name that no database has: the book's own, the purpose, this process, something random."""
    return _named(f"{purpose}_{os.getpid()}_{secrets.token_hex(4)}")


def _make_template(cursor: CursorWrapper, name: str, event_parts: int) -> None:
    """Make the template under another name, and give it its own when it is complete."""
    making = f"{name}_making"
    cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(making)} WITH (FORCE)")
    cursor.execute(f"CREATE DATABASE {_quoted(making)} TEMPLATE template0")
    with owner.standing_in(making):
        call_command("migrate", interactive=False, verbosity=0)
        ContentType.objects.clear_cache()
        if event_parts:
            partitions.cut(owner.ALIAS, event_parts)
    cursor.execute(f"ALTER DATABASE {_quoted(making)} WITH ALLOW_CONNECTIONS false")
    cursor.execute(f"ALTER DATABASE {_quoted(making)} RENAME TO {_quoted(name)}")


def _remove_stale(cursor: CursorWrapper, *, spared: str) -> None:
    """Drop our databases that are older than they are kept, except `spared`."""
    cursor.execute(
        "SELECT datname, shobj_description(oid, 'pg_database'), now() FROM pg_database"
        " WHERE datdba = current_user::regrole AND datname <> %s",
        [spared],
    )
    for name, comment, now in cursor.fetchall():
        if _is_stale(comment or "", now):
            cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


def _is_stale(comment: str, now: datetime) -> bool:
    for mark, kept in ((_TEMPLATE, TEMPLATE_KEPT), (_SCRATCH, SCRATCH_KEPT)):
        if comment.startswith(mark):
            return datetime.fromisoformat(comment.removeprefix(mark)) < now - kept
    return False


def _exists(cursor: CursorWrapper, name: str) -> bool:
    cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name])
    return bool(cursor.fetchall()[0][0])


def _comment(cursor: CursorWrapper, name: str, mark: str) -> None:
    """Note on the database what it is and when, which is all that PostgreSQL keeps about it."""
    cursor.execute("SELECT now()")
    for (now,) in cursor.fetchall():
        cursor.execute(f"COMMENT ON DATABASE {_quoted(name)} IS '{mark}{now.isoformat()}'")


@contextmanager
def _server() -> Iterator[CursorWrapper]:
    """The owner's cursor in a database that is none of ours, in autocommit."""
    with owner.on_server() as connection, connection.cursor() as cursor:
        yield cursor


@contextmanager
def _alone() -> Iterator[CursorWrapper]:
    """As `_server`, one process at a time; the lock ends with the connection, whatever happens."""
    with _server() as cursor:
        cursor.execute(f"SET lock_timeout = '{WAIT_SECONDS_MAX}s'")
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield cursor


def _named(rest: str) -> str:
    """A name that begins as the book's, so that two installations share a server in peace."""
    return re.sub(r"\W", "_", owner.book(), flags=re.ASCII)[:_BOOK_LENGTH] + f"_{rest}"


def _quoted(name: str) -> str:
    if not re.fullmatch(r"[\w-]+", name, re.ASCII) or len(name) > NAME_BYTES_MAX:
        raise ValueError(
            f"{name!r} is no name for a scratch database: letters, digits, _ and -, at most "
            f"{NAME_BYTES_MAX}."
        )
    return f'"{name}"'
