"""`manage.py run_due --until T`: all time-driven work up to T, in order."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from creditops import schedule
from creditops.lib import audit, clock
from creditops.lib.models import DueRow


class Command(BaseCommand):
    help = "Does all time-driven work up to an instant, in order: ends of terms, expiry, billing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--until",
            type=instant,
            metavar="T",
            help="an instant with its offset, 2026-01-31T00:00:00Z; without it: now",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        until = options["until"] or now

        def tell(row: DueRow) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"done: {row}")

        with audit.acting("job:run_due", at=now):
            report = schedule.run_due(until, now=now, progress=tell)
        for row, error in report.failed:
            self.stderr.write(f"failed: {row}: {error}")
        if report.done or report.failed or options["verbosity"] > 0:
            said = f"{report.done:,} {'piece' if report.done == 1 else 'pieces'} of due work done"
            self.stdout.write(f"{said}, {len(report.failed)} failed.")
        if report.failed:
            sys.exit(1)


def instant(text: str) -> datetime:
    """An instant with its offset, in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no instant; write 2026-01-31T00:00:00Z") from error
    if found.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} has no offset; write 2026-01-31T00:00:00Z")
    return found.astimezone(UTC)
