"""Does the making of roles and database on a server of your own, as its superuser.

Names and passwords are those of DATABASE_URL and DATABASE_OWNER_URL. Without a superuser's address
the SQL is printed, to be read and run by whoever has one: `... database_roles | psql`.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from psycopg.sql import SQL, Literal

from creditops.database import roles
from creditops.database.roles import Roles


class Command(BaseCommand):
    """Makes the roles and the database that the two URLs name, or prints the SQL for it."""

    help = "Makes roles and database on a PostgreSQL server, or prints the SQL for it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The superuser's address."""
        parser.add_argument(
            "superuser_url",
            nargs="?",
            help="postgres://superuser@host/postgres; without it the SQL is printed for psql",
        )

    def handle(self, *args: Any, superuser_url: str | None, **options: Any) -> None:
        """Make or print them. Raises CommandError if the server refuses."""
        try:
            wanted = roles.in_use()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        database = settings.DATABASES["default"]["NAME"]
        if superuser_url is None:
            self._print(wanted, database)
        else:
            self._make(superuser_url, wanted, database)

    def _print(self, wanted: Roles, database: str) -> None:
        for statement in roles.statements(wanted):
            self.stdout.write(f"{statement.as_string()};")
        # PostgreSQL has no CREATE DATABASE IF NOT EXISTS; psql runs what such a query returns.
        unless_there = SQL(
            "SELECT {} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {}) \\gexec"
        ).format(Literal(roles.database_statement(wanted, database).as_string()), Literal(database))
        self.stdout.write(unless_there.as_string())

    def _make(self, superuser_url: str, wanted: Roles, database: str) -> None:
        try:
            with psycopg.connect(superuser_url, autocommit=True) as connection:
                roles.establish(connection, wanted)
                made = roles.establish_database(connection, wanted, database)
        except psycopg.Error as error:
            said = " ".join(str(error).split())
            raise CommandError(f"The roles could not be made: {said}") from error
        state = "made" if made else "was there"
        self.stdout.write(
            f"Roles {wanted.owner} (owns), {wanted.app} (application), {wanted.report} (reads "
            f"schema {roles.REPORTING}); database {database} {state}."
        )
