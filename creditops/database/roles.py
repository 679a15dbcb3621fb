"""Does the rights: three roles, and what each may do in a database.

| role | may |
|---|---|
| owner | own the tables, migrate, make scratch databases; member of app |
| app | read and write rows; creates nothing, owns nothing |
| report | SELECT in the schema `reporting`, nothing else; nobody logs in, analysts are members |

`establish` is for a superuser and makes the roles: `up` does it on the embedded server,
`make database-roles` elsewhere, a migration never. `prepare` is for the owner and runs before every
migrate, so that the tables to come are born with the right rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.sql import SQL, Composed, Identifier, Literal

OWNER = "creditops_owner"
APP = "creditops_app"
REPORT = "creditops_report"
DATABASE = "creditops"
REPORTING = "reporting"


# What app may do with what the owner makes: rows, but not what makes or guards tables.
_APP_RIGHTS = (
    ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
    ("USAGE, SELECT", "SEQUENCES"),
    ("EXECUTE", "FUNCTIONS"),
)


@dataclass(frozen=True)
class Roles:
    """Names and passwords of one installation. Without a password the role gets none."""

    owner: str = OWNER
    app: str = APP
    report: str = REPORT
    owner_password: str = ""
    app_password: str = ""

    def __post_init__(self) -> None:
        if len({self.owner, self.app, self.report}) < 3:
            raise ImproperlyConfigured(
                f"Owner, application and report need three roles, not {self.owner}, {self.app}, "
                f"{self.report}: an application that owns its tables could change the books. "
                "Name different users in DATABASE_URL and DATABASE_OWNER_URL."
            )


def in_use() -> Roles:
    """The roles that the settings name, on the embedded server or by URL.

    Raises ImproperlyConfigured if owner and application are the same.
    """
    app = settings.DATABASES["default"]
    owner = settings.DATABASES.get("owner", {"USER": OWNER})
    return Roles(
        owner=owner["USER"],
        app=app["USER"],
        owner_password=owner.get("PASSWORD", ""),
        app_password=app.get("PASSWORD", ""),
    )


def statements(roles: Roles) -> Iterator[Composed]:
    """The SQL that makes or corrects `roles`, each statement safe to run twice."""
    yield _role(roles.report, SQL("NOLOGIN"))
    yield _role(roles.app, SQL("LOGIN NOCREATEDB NOCREATEROLE"), roles.app_password)
    yield _role(roles.owner, SQL("LOGIN CREATEDB NOCREATEROLE"), roles.owner_password)
    yield SQL("GRANT {} TO {}").format(Identifier(roles.app), Identifier(roles.owner))


def database_statement(roles: Roles, database: str) -> Composed:
    """The SQL that makes `database` for the owner; fails if it is there."""
    return SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
        Identifier(database), Identifier(roles.owner)
    )


def establish(connection: psycopg.Connection, roles: Roles | None = None) -> None:
    """Make the roles, or correct them.

    Args:
        connection: a superuser's, in autocommit.
        roles: their names and passwords; None for the names of the embedded server.
    """
    for statement in statements(roles or Roles()):
        connection.execute(statement)


def establish_database(
    connection: psycopg.Connection, roles: Roles | None = None, database: str = DATABASE
) -> bool:
    """Make the empty database that the owner owns; False if it was there.

    Args:
        connection: a superuser's, in autocommit.
        roles: whose owner is meant; None for the embedded server's.
        database: its name.
    """
    found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
    if found.rowcount:
        return False
    connection.execute(database_statement(roles or Roles(), database))
    return True


def prepare(connection: BaseDatabaseWrapper) -> None:
    """Set the rights in the database of `connection`, before its tables are made.

    Args:
        connection: the owner's, outside a transaction.

    What the owner creates from now on is open to app; `creditops/lib` then takes away, table by
    table, what the books forbid. Raises ImproperlyConfigured if a role is missing or if app could
    still create something.
    """
    roles = in_use()
    quote = connection.ops.quote_name
    owner, app, report = quote(roles.owner), quote(roles.app), quote(roles.report)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        _check_present(roles, {name for (name,) in cursor.fetchall()})
        for rights, kind in _APP_RIGHTS:
            cursor.execute(
                f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT {rights} ON {kind} TO {app}"
            )
        cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {app}, {report}")
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {REPORTING}")
        cursor.execute(f"GRANT USAGE ON SCHEMA {REPORTING} TO {app}, {report}")
        cursor.execute(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {REPORTING} "
            f"GRANT SELECT ON TABLES TO {report}"
        )
        cursor.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [roles.app])
        if cursor.fetchone() != (False,):
            raise ImproperlyConfigured(
                f"The application's role {roles.app} may create tables in schema public, and could "
                "so put its own in place of the books. As superuser: "
                f"REVOKE CREATE ON SCHEMA public FROM {app}, PUBLIC."
            )


def _check_present(roles: Roles, present: set[str]) -> None:
    missing = sorted({roles.owner, roles.app, roles.report} - present)
    if missing:
        raise ImproperlyConfigured(
            f"The database server has no role {', '.join(missing)}. Make the roles with "
            "`make database-roles SUPERUSER_URL=postgres://...`."
        )


def _role(name: str, rights: SQL, password: str = "") -> Composed:
    """Make `name` if it is not there, then give it `rights`."""
    made = SQL(
        "DO $$ BEGIN CREATE ROLE {}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    ).format(Identifier(name))
    given = SQL("ALTER ROLE {} {}").format(Identifier(name), rights)
    if password:
        given += SQL(" PASSWORD {}").format(Literal(password))
    return made + SQL("; ") + given
