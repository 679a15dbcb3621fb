"""Does the views of the schema `reporting`: stable names for finance's own tools (docs/reporting.md).

Each is one file of `creditops/sql/reporting`. They are dropped before a migration, which may change
what they read, and made anew after it, with the rights of the owner: analysts see rows, not tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from creditops.database.roles import REPORTING

FOLDER = Path(__file__).parent.parent / "sql" / "reporting"


def names() -> list[str]:
    """The names of the views, ascending."""
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


def statement(name: str) -> str:
    """What makes a view."""
    query = (FOLDER / f"{name}.sql").read_text()
    return f"CREATE VIEW {REPORTING}.{name} AS {query}"


def before_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    """Drop the views. Django announces every app; the cellar's turn is enough."""
    if sender.label != "lib":
        return
    with connections[using].cursor() as cursor:
        for name in names():
            cursor.execute(f"DROP VIEW IF EXISTS {REPORTING}.{name}")


def after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    """Make the views, unless somebody migrated a part only and tables are missing."""
    if sender.label != "lib" or _unfinished(using):
        return
    with connections[using].cursor() as cursor:
        for name in names():
            cursor.execute(statement(name))


def _unfinished(using: str) -> bool:
    executor = MigrationExecutor(connections[using])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
