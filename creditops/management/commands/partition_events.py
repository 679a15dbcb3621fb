"""`manage.py partition_events --parts N`: the table of usage events in parts, by customer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from creditops.database import owner, partitions


class Command(BaseCommand):
    help = (
        "Cuts the table of usage events into parts by customer, as its owner. Nobody reads or writes "
        "events meanwhile: stop the intake. All or nothing; docs/decisions/0011 tells when it pays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parts", type=int, required=True, metavar="N", help="8, say")

    def handle(self, *args: Any, parts: int, **options: Any) -> None:
        try:
            owner.require()
            moved = partitions.cut(owner.ALIAS, parts)
        except (ImproperlyConfigured, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{moved:,} events lie in {parts} parts, by customer.")
