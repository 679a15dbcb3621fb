"""Plants damage: what somebody with all rights over the database could do, and the house could not."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connections, transaction

# Damage is committed by another role, so the database is made anew afterwards.
test = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def plant(*statements: str) -> None:
    """Run statements as the owner, with the triggers that guard the tables switched off for good."""
    tables = [model._meta.db_table for model in apps.get_models()]
    off = "; ".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(off)
        for statement in statements:
            cursor.execute(statement)
