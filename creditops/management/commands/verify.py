"""`manage.py verify [--since-seal HEAD] [--json]`: proves the invariants and the chain of seals.

Exit 1 and the broken rows on a breach.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from creditops import verification
from creditops.lib import seals
from creditops.lib.refusals import Refusal
from creditops.lib.seals import Head


class Command(BaseCommand):
    help = "Proves the invariants of the books, row by row, and names what breaks them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since-seal",
            type=head,
            metavar="HEAD",
            help="a head that `seal` printed and you kept: the chain of seals must contain it",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead")

    def handle(self, *args: Any, **options: Any) -> None:
        found = []
        checks = 0
        with connection.cursor() as cursor:
            # A proof reads the whole books, however long that takes; nobody waits for it.
            cursor.execute("SET statement_timeout = 0")
        for name, breaches in verification.verify(options["since_seal"]):
            checks += 1
            found += breaches
            if not options["json"]:
                self.stdout.write(f"{'ok  ' if not breaches else 'FAIL'} {name.replace('_', ' ')}")
                for breach in breaches:
                    self.stdout.write(f"     {breach.where}: {breach.detail}")
        newest = seals.newest()
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "checks": checks,
                        "clean": not found,
                        "head": str(newest) if newest else None,
                        "breaches": [vars(b) for b in found],
                    },
                    indent=1,
                )
            )
        elif found:
            self.stdout.write(f"{len(found)} breaches. The first one: {found[0].where}.")
        else:
            sealed = f" The head of the chain is {newest}." if newest else " Nothing is sealed yet."
            self.stdout.write(f"{checks} checks, everything holds.{sealed}")
        if found:
            sys.exit(1)


def head(text: str) -> Head:
    """A head as it was written down."""
    try:
        return seals.read_head(text)
    except Refusal as refusal:
        raise ArgumentTypeError(str(refusal)) from refusal
