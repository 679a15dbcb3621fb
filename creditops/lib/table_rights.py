"""Does the last step of every migration: rights and triggers by the kind of each table.

The application's role has every right on new tables by default; here it loses UPDATE, DELETE and
TRUNCATE on the books, and every ordinary table gets the audit trigger. Idempotent.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections
from psycopg import sql

from creditops.lib.sql import statement
from creditops.lib.tables import Book, Record


def after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    """Set rights and triggers on all tables that exist, once per migration run.

    Django announces every app when all migrations are done; the cellar's turn is enough.
    """
    if sender.label != "lib":
        return
    connection = connections[using]
    app_role = settings.DATABASES["default"]["USER"]
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        cursor.execute(statement("creditops.lib", "schema/table_triggers"))
        for model in apps.get_models():
            table = model._meta.db_table
            if table not in existing:
                continue
            if issubclass(model, Book):
                cursor.execute(_book(model, app_role, connection.connection))
            elif issubclass(model, Record):
                cursor.execute(_record(model, connection.connection))


def _book(model: type[Book], app_role: str, connection: Any) -> str:
    """Take the rights to change away from the application, and refuse changes by anybody else."""
    forbidden = "UPDATE, DELETE, TRUNCATE" + (", INSERT" if model.written_by_triggers else "")
    refused = "DELETE OR TRUNCATE" if model.guards_itself else "UPDATE OR DELETE OR TRUNCATE"
    return (
        sql.SQL(
            "REVOKE {forbidden} ON {table} FROM {app};"
            "CREATE OR REPLACE TRIGGER written_once"
            " BEFORE {refused} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION creditops_written_once();"
            "ALTER TABLE {table} ENABLE ALWAYS TRIGGER written_once"
        )
        .format(
            table=sql.Identifier(model._meta.db_table),
            app=sql.Identifier(app_role),
            forbidden=sql.SQL(forbidden),
            refused=sql.SQL(refused),
        )
        .as_string(connection)
    )


def _record(model: type[Record], connection: Any) -> str:
    """Audit every change, naming but never copying the secret fields."""
    acts = "UPDATE OR DELETE" if model.made_by_books else "INSERT OR UPDATE OR DELETE"
    return (
        sql.SQL(
            "CREATE OR REPLACE TRIGGER audited AFTER {acts} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION creditops_audit({secret});"
            "ALTER TABLE {table} ENABLE ALWAYS TRIGGER audited"
        )
        .format(
            acts=sql.SQL(acts),
            table=sql.Identifier(model._meta.db_table),
            secret=sql.Literal(",".join(model.secret_fields)),
        )
        .as_string(connection)
    )
