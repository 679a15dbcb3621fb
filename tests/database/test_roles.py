"""Three roles: the owner makes tables, the application uses them, reports read one schema."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError, connection, connections

from creditops.database import roles
from creditops.database.base import DatabaseWrapper
from creditops.database.roles import Roles

both = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW reporting.mine AS SELECT 1 AS one",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
    ],
)
def test_the_application_creates_nothing(statement: str):
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement)


@both
def test_what_the_owner_creates_the_application_may_use():
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE probe (id bigserial PRIMARY KEY, said text)")
        cursor.execute("CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'")

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO probe (said) VALUES ('yes') RETURNING id, twice(4)")
        assert cursor.fetchone() == (1, 8)
        cursor.execute("UPDATE probe SET said = 'no'")
        cursor.execute("DELETE FROM probe")
        assert cursor.rowcount == 1


@both
def test_reports_read_the_schema_reporting_and_nothing_else():
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE VIEW reporting.probe AS SELECT 1 AS one")
        cursor.execute(
            "SELECT relnamespace::regnamespace::text FROM pg_class"
            " WHERE relnamespace IN ('public'::regnamespace, 'reporting'::regnamespace)"
            " AND relkind IN ('r', 'v', 'p') AND has_table_privilege(%s, oid, 'SELECT')"
            " GROUP BY 1",
            [roles.REPORT],
        )
        assert cursor.fetchall() == [("reporting",)]
        cursor.execute(
            "SELECT has_table_privilege(%s, 'reporting.probe', 'INSERT, UPDATE, DELETE'),"
            " has_schema_privilege(%s, 'reporting', 'CREATE')",
            [roles.REPORT, roles.REPORT],
        )
        assert cursor.fetchone() == (False, False)


@both
def test_the_owner_makes_databases_and_acts_for_the_application():
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT rolcreatedb, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (True, False, False)
        cursor.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [app_role()])
        assert cursor.fetchone() == (True,)


def test_an_application_that_owns_its_tables_is_refused():
    with pytest.raises(ImproperlyConfigured, match="could change the books"):
        Roles(owner="credits", app="credits")


@both
def test_a_missing_role_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch):
    wanted = Roles(
        owner=connections["owner"].settings_dict["USER"], app=app_role(), report="nobody_reports"
    )
    monkeypatch.setattr(roles, "in_use", lambda: wanted)

    with pytest.raises(ImproperlyConfigured, match=r"no role nobody_reports.*make database-roles"):
        roles.prepare(connections["owner"])


@both
def test_setting_the_rights_twice_changes_nothing():
    def rights() -> list[tuple[object, ...]]:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT defaclacl::text FROM pg_default_acl UNION ALL "
                "SELECT nspacl::text FROM pg_namespace ORDER BY 1"
            )
            return list(cursor.fetchall())

    before = rights()

    roles.prepare(connections["owner"])

    assert rights() == before


def test_migrate_without_an_owner_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(connections.settings, "owner")

    with pytest.raises(CommandError) as refused:
        call_command("migrate")

    assert str(refused.value) == (
        "DATABASE_URL is set and DATABASE_OWNER_URL is not. Migrations, scratch books and tests "
        "work as the role that owns the tables: set DATABASE_OWNER_URL to its address."
    )


@pytest.mark.django_db
def test_a_server_that_cannot_be_reached_is_named_in_one_line():
    unreachable = DatabaseWrapper(
        {
            **{key: value for key, value in connection.settings_dict.items() if key != "EMBEDDED"},
            "HOST": "127.0.0.1",
            "PORT": "1",
            "NAME": "credits",
            "USER": "somebody",
        },
        "elsewhere",
    )

    with pytest.raises(OperationalError) as refused:
        unreachable.ensure_connection()

    said = str(refused.value)
    assert said.startswith("No connection to database credits at 127.0.0.1:1 as somebody: ")
    assert said.endswith("Check DATABASE_OWNER_URL.")
    assert "\n" not in said


def app_role() -> str:
    """The application's role in this installation."""
    return str(connection.settings_dict["USER"])
