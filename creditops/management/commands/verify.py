"""`manage.py verify [--json]`: proves the invariants; exit 1 and the broken rows on a breach."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from creditops import verification


class Command(BaseCommand):
    help = "Proves the invariants of the books, row by row, and names what breaks them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead")

    def handle(self, *args: Any, **options: Any) -> None:
        found = []
        checks = 0
        for name, breaches in verification.verify():
            checks += 1
            found += breaches
            if not options["json"]:
                self.stdout.write(f"{'ok  ' if not breaches else 'FAIL'} {name.replace('_', ' ')}")
                for breach in breaches:
                    self.stdout.write(f"     {breach.where}: {breach.detail}")
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {"checks": checks, "clean": not found, "breaches": [vars(b) for b in found]},
                    indent=1,
                )
            )
        elif found:
            self.stdout.write(f"{len(found)} breaches. The first one: {found[0].where}.")
        else:
            self.stdout.write(f"{checks} checks, everything holds.")
        if found:
            sys.exit(1)
