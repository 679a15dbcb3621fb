"""`manage.py seal [--json]`: seals what the books got since the last seal, and prints the head."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from creditops.lib import clock, seals


class Command(BaseCommand):
    help = "Seals the new rows of the books. Keep the head that it prints outside of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead")

    def handle(self, *args: Any, **options: Any) -> None:
        done = seals.seal(at=clock.now())
        head = str(done.head) if done.head else None
        if options["json"]:
            self.stdout.write(
                json.dumps({"head": head, "rows": done.rows, "unsettled": done.unsettled})
            )
            return
        if done.unsettled:
            self.stderr.write(f"Left for the next run, still being written: {done.unsettled}")
        if options["verbosity"] == 0:
            return
        self.stdout.write(
            f"{done.rows:,} {'row' if done.rows == 1 else 'rows'} sealed. The head of the chain is {head}."
            if head
            else "The books are empty: nothing to seal."
        )
