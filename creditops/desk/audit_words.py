"""Answers how a line of the audit reads: what was changed, and who changed it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.apps import apps
from django.utils.text import capfirst

from creditops.lib.models import AuditEntry

# What names a row: its table and its key as text.
Row = tuple[str, str]

_ACTS = {"insert": "made", "update": "changed", "delete": "deleted"}
# The database writes its own role where no program told it a person.
_DATABASE = "database:"


def act(name: str) -> str:
    """What was done: "insert" is "made"."""
    return _ACTS.get(name, name)


def actor(name: str) -> str:
    """Who did it; the role of the database where the program itself wrote."""
    return "the program" if name.startswith(_DATABASE) else name


def row(entry: AuditEntry, names: Mapping[Row, str] | None = None) -> str:
    """What it was done to: "Contract acme-main"; by its key where `names` doesn't name it."""
    key = (entry.table_name, entry.row_id)
    return f"{_kind(entry.table_name)} {(names or {}).get(key, entry.row_id)}"


@cache
def _kind(table: str) -> str:
    for model in apps.get_models():
        if model._meta.db_table == table:
            return capfirst(str(model._meta.verbose_name))
    return table
