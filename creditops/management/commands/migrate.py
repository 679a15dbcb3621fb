"""Does Django's migrate as the owner of the tables; the application's role may create nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from creditops.database import owner, roles

# Several hosts may start at once, each migrating first: one does it, the others find it done.
WAIT_SECONDS_MAX = 120
# Any number that no other program in the same database locks: "migrate" on a telephone.
_LOCK = 6447283


class Command(migrate.Command):
    """Django's own command on the connection "owner", one at a time; first it sets the rights."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's arguments, with the owner's connection as the database."""
        super().add_arguments(parser)
        parser.set_defaults(database=owner.ALIAS)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Connect before Django's checks do, and say in one sentence if that cannot be done.

        Raises CommandError without an owner's connection, or without the server.
        """
        try:
            if options["database"] == owner.ALIAS:
                owner.require()
            connections[options["database"]].ensure_connection()
        except (ImproperlyConfigured, OperationalError) as error:
            raise CommandError(str(error)) from error
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        """Set the rights and migrate.

        Raises CommandError, in one sentence, without the roles, or while another migration takes
        longer than `WAIT_SECONDS_MAX`.
        """
        if options.get("plan") or options.get("check_unapplied"):
            super().handle(*args, **options)
            return
        with _alone(options["database"]):
            try:
                roles.prepare(connections[options["database"]])
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from error
            super().handle(*args, **options)


@contextmanager
def _alone(alias: str) -> Iterator[None]:
    """Hold the right to migrate the database; it ends with the connection at the latest."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{WAIT_SECONDS_MAX}s'")
        try:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        except OperationalError as error:
            raise CommandError(
                f"Another migration of this database has been running for {WAIT_SECONDS_MAX} s. "
                "Let it end, or end it (pg_stat_activity names it), and try again."
            ) from error
        cursor.execute("RESET lock_timeout")
    try:
        yield
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
