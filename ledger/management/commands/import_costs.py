"""`manage.py import_costs FILE [--from DATE]`: providers' prices into the catalogue of costs."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditops.lib import audit, calendar, clock
from creditops.lib.refusals import Refusal
from ledger import books, model_costs, price_files


class Command(BaseCommand):
    help = (
        "Imports providers' prices from LiteLLM's public price file. What is new or has changed holds "
        "from a day on; what was there before stays. The same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--from",
            dest="first_day",
            type=_day,
            metavar="DATE",
            help="the day from which new prices hold, in the books' zone; default: today",
        )

    def handle(self, *args: Any, file: Path, first_day: date | None, **options: Any) -> None:
        now = clock.now()
        current = books.current(now)
        day = first_day or books.date_of(now, current)
        try:
            with audit.acting("import", at=now):
                done = model_costs.take_in(
                    price_files.read(file),
                    effective_from=calendar.local_midnight(day, current.time_zone),
                    by=file.name,
                    at=now,
                )
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(
            f"{done.read:,} prices: {done.new:,} new, {done.changed:,} changed, {done.same:,} as they "
            f"were. New ones hold from {day} on."
        )
        if done.later:
            self.stdout.write(
                f"{done.later:,} of those that were known hold from a later day on only: usage before it "
                "has no price."
            )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date; write 2026-01-31") from error
