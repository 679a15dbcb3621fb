"""Does the making of a new embedded server: its data directory, its roles, its database."""

from __future__ import annotations

import secrets
import shutil
import sys
from pathlib import Path

import psycopg

from creditops.database import roles
from creditops.database.binaries import Binaries
from creditops.database.place import Place
from creditops.database.unavailable import Unavailable

SUPERUSER = "postgres"

# From here on the order of text can be PostgreSQL's own, whatever the machine's C library.
_BUILTIN_LOCALE_FROM = 17


def make(where: Place, usable: Binaries) -> None:
    """Make the data directory beside its final place, so that a half-made one never counts.

    Raises Unavailable, with what initdb said, if it cannot be made.
    """
    if where.moved:
        print(
            f"The embedded database goes to {where.home}: PostgreSQL does not run as root, and "
            f"the system user {where.user.name} cannot reach {where.data}.",
            file=sys.stderr,
        )
    making = where.home / "making"
    for remains in (making, where.cluster):
        shutil.rmtree(remains, ignore_errors=True)
    _ready_mark(where).unlink(missing_ok=True)
    said = usable.run(where, "initdb", "-D", str(making), *_initdb_options(usable))
    if said.returncode != 0:
        raise Unavailable(
            f"The embedded database could not be made in {where.home}: {said.stderr.strip()}"
        )
    _owner_mark(where).write_text(_token(where))
    making.rename(where.cluster)


def complete(where: Place) -> None:
    """Make roles and database on the running server, unless that was done; a start that was cut
    short may have left some of them."""
    if _ready_mark(where).exists():
        return
    address = where.address("postgres", user=SUPERUSER)
    with psycopg.connect(address, autocommit=True) as connection:
        roles.establish(connection)
        roles.establish_database(connection)
    _ready_mark(where).touch()


def belongs_to_a_removed_data_folder(where: Place) -> bool:
    """Whether the data directory was made for another data folder that stood at the same path.

    Files that moved out of the data folder outlive it; a fresh one starts with a fresh book.
    """
    if not where.moved or not where.exists:
        return False
    mark = _owner_mark(where)
    return not mark.exists() or mark.read_text() != _token(where)


def remove(where: Place) -> None:
    """Remove the data directory; nothing may run on it."""
    shutil.rmtree(where.cluster)


def _initdb_options(usable: Binaries) -> list[str]:
    if usable.major >= _BUILTIN_LOCALE_FROM:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    else:
        locale = ["--locale=C.UTF-8"]
    # Whoever may open the socket's folder, 0700, is the user: a password would add nothing.
    return ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", *locale, "--no-sync"]


def _ready_mark(where: Place) -> Path:
    return where.home / "ready"


def _owner_mark(where: Place) -> Path:
    return where.home / "made_for"


def _token(where: Place) -> str:
    """What tells this data folder from one that stood at the same path before."""
    token = where.users.read_text()
    if not token:
        token = secrets.token_hex(16)
        where.users.write_text(token)
    return token
