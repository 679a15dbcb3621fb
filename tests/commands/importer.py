"""A process that imports a file into the database it is told: to be killed by tests.

`python -m tests.commands.importer DATABASE WORD ...`: the words are those of `manage.py`.
"""

from __future__ import annotations

import os
import sys

import django


def main(database: str, *words: str) -> None:
    """Run a command of `manage.py` in small batches."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditops.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from ledger import backfills, importing

    for alias in ("default", "owner"):
        connections.settings[alias]["NAME"] = database
        connections[alias].settings_dict["NAME"] = database
    importing.SMALLEST_BATCH = importing.FIRST_BATCH = importing.LARGEST_BATCH = 100
    backfills.TAKEN_AT_ONCE, backfills.VOIDED_AT_ONCE = 100, 50
    call_command(*words)


if __name__ == "__main__":
    main(*sys.argv[1:])
