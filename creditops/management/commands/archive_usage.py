"""`manage.py archive_usage --before DATE` or `--restore FILE`: old events' data to files, and back."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from creditops.database import owner
from creditops.lib import calendar, clock
from creditops.lib.refusals import Refusal
from ledger import archiving, books
from ledger.models import EventArchive


class Command(BaseCommand):
    help = (
        "Moves the data of old usage events to Parquet files, as the tables' owner. Of each event a slim "
        "row stays: it is never counted twice. Interrupted, it is simply started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        asked = parser.add_mutually_exclusive_group(required=True)
        asked.add_argument(
            "--before", type=_day, metavar="DATE", help="what was received before that day"
        )
        asked.add_argument("--restore", metavar="FILE", help="bring the data of this file back")
        parser.add_argument(
            "--folder",
            type=Path,
            default=settings.CREDITOPS_ARCHIVE,
            help="where the files are; default: CREDITOPS_ARCHIVE",
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        now = clock.now()
        try:
            owner.require()
            if options["restore"]:
                done = archiving.bring_back(
                    options["restore"], folder=folder, using=owner.ALIAS, at=now
                )
                self.stdout.write(f"The data of {done.moved:,} events is back from {done.name}.")
                return
            zone = books.current(now).time_zone
            before = calendar.local_midnight(options["before"], zone)
            made = archiving.archive(
                before, folder=folder, using=owner.ALIAS, at=now, tell=self._tell
            )
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        except OSError as error:
            raise CommandError(f"{error.filename or folder}: {error.strerror}.") from error
        if made:
            archiving.tidy(owner.ALIAS)
        else:
            self.stdout.write(
                f"Nothing that was received before {options['before']} is left to move."
            )
            return
        moved, size = sum(a.moved for a in made), sum(a.bytes for a in made)
        self.stdout.write(
            f"The data of {moved:,} events lies in {len(made)} files, {size:,} bytes, in {folder}."
        )

    def _tell(self, made: EventArchive) -> None:
        self.stdout.write(f"{made.name}: {made.events:,} events, {made.bytes:,} bytes")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date; write 2026-01-31") from error
