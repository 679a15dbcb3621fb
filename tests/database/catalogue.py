"""Answers which rules a migrated database holds, from PostgreSQL's own catalogue."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.db import connection

# The tables of the house; the framework's own (sessions, beat, groups) hold no promise of ours.
TABLES = sorted(
    model._meta.db_table
    for label in ("lib", "accounts", "ledger", "contracts", "invoicing")
    for model in apps.get_app_config(label).get_models()
)


def rules() -> set[str]:
    """Names of checks, unique keys, exclusions and unique indexes; not the plain `>= 0` of a column."""
    return {
        name
        for (name,) in _rows(
            "SELECT conname::text FROM pg_constraint"
            " WHERE contype IN ('c', 'u', 'x') AND conrelid::regclass::text = ANY (%s)"
            r" AND pg_get_constraintdef(oid) !~ '^CHECK \(\(\(?\"?\w+\"? >= 0\)\)\)?$'"
            " UNION SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indisunique AND indrelid::regclass::text = ANY (%s) AND NOT EXISTS"
            " (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))",
            TABLES,
            TABLES,
        )
    }


def never_below_zero() -> set[tuple[str, str]]:
    """(table, column) of the plain checks."""
    return set(
        _rows(
            "SELECT c.conrelid::regclass::text, a.attname::text FROM pg_constraint AS c"
            " JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
            " WHERE contype = 'c' AND conrelid::regclass::text = ANY (%s)"
            r" AND pg_get_constraintdef(c.oid) ~ '^CHECK \(\(\(?\"?\w+\"? >= 0\)\)\)?$'",
            TABLES,
        )
    )


def references() -> set[tuple[str, str]]:
    """(table, table it points to)."""
    return set(
        _rows(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s)",
            TABLES,
        )
    )


def keys_of_several_columns() -> set[tuple[str, str]]:
    """(table, its primary key) where that is more than an id."""
    return set(
        _rows(
            "SELECT conrelid::regclass::text, substring(pg_get_constraintdef(oid) FROM '\\((.*)\\)')"
            " FROM pg_constraint WHERE contype = 'p' AND cardinality(conkey) > 1"
            " AND conrelid::regclass::text = ANY (%s)",
            TABLES,
        )
    )


def triggers() -> set[tuple[str, str]]:
    """(trigger, table), all that anybody made."""
    return set(
        _rows(
            "SELECT tgname::text, tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY (%s)",
            TABLES,
        )
    )


def sleeping_triggers() -> set[tuple[str, str]]:
    """(trigger, table) of those that a session could leave out, as a replica's does."""
    return set(
        _rows(
            "SELECT tgname::text, tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgenabled <> 'A' AND tgrelid::regclass::text = ANY (%s)",
            TABLES,
        )
    )


def deferred() -> set[str]:
    """The triggers that are asked at the commit."""
    return {
        name
        for (name,) in _rows(
            "SELECT DISTINCT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgdeferrable"
        )
    }


def rights() -> dict[str, set[str]]:
    """By table what the application's role may do with its rows, column by column included."""
    asked = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    by_column = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
    app = settings.DATABASES["default"]["USER"]
    found: dict[str, set[str]] = {}
    for table in TABLES:
        held = set()
        for right in asked:
            [(whole,)] = _rows("SELECT has_table_privilege(%s, %s, %s)", app, table, right)
            part = right in by_column and _rows(
                "SELECT has_any_column_privilege(%s, %s, %s)", app, table, right
            ) == [(True,)]
            if whole or part:
                held.add(right)
        found[table] = held
    return found


def sequences_that_can_be_set() -> list[str]:
    """Sequences that the application's role could turn back."""
    app = settings.DATABASES["default"]["USER"]
    return [
        name
        for (name,) in _rows(
            "SELECT oid::regclass::text FROM pg_class"
            " WHERE CASE WHEN relkind = 'S' THEN has_sequence_privilege(%s, oid, 'UPDATE') END",
            app,
        )
    ]


def functions_with_the_owners_rights() -> set[str]:
    return {
        name
        for (name,) in _rows(
            "SELECT proname::text FROM pg_proc WHERE prosecdef"
            " AND pronamespace = 'public'::regnamespace"
        )
    }


def _rows(statement: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall()
