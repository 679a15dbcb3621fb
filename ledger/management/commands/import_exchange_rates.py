"""`manage.py import_exchange_rates FILE [--origin ECB]`: rates between currencies from a CSV file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditops.lib import audit, clock
from creditops.lib.refusals import Refusal
from ledger import books, exchange, exchange_files


class Command(BaseCommand):
    help = (
        "Publishes exchange rates from a CSV file with the columns from, to, rate, effective_from and "
        "origin: all of them or none. The same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--origin", default="", help="who says so, for rows that name none")

    def handle(self, *args: Any, file: Path, origin: str, **options: Any) -> None:
        now = clock.now()
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} can't be read as text in UTF-8: {error}") from error
        try:
            with audit.acting("import", at=now):
                quotes = exchange_files.read(text, books.current(now).time_zone)
                done = exchange.take_in(quotes, by=file.name, at=now, origin=origin)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"{done.read:,} rates read, {done.published:,} of them new.")
