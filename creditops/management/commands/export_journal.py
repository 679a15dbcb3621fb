"""Does `manage.py export_journal`: a month's journal as files for another program."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditops.lib import clock, money
from creditops.lib.refusals import Refusal
from invoicing import journal_exports
from invoicing.journal_exports import Made

BY = "command"


class Command(BaseCommand):
    """Writes the files, prints their checksums and totals; the same journal gives the same bytes."""

    help = "Export a month's journal for another program, balanced and split by what it takes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What is exported, for whom, where to."""
        parser.add_argument("--period", required=True, help="the month, like 2026-01")
        parser.add_argument(
            "--format", required=True, choices=sorted(journal_exports.FORMS), dest="program"
        )
        parser.add_argument("--out", default=".", type=Path, help="the folder; default: this one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the export and write its files."""
        try:
            period = date.fromisoformat(f"{options['period']}-01")
        except ValueError as error:
            raise CommandError(
                f"{options['period']!r} is no month. Write one like 2026-01."
            ) from error
        folder: Path = options["out"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        try:
            made = journal_exports.make(period, options["program"], by=BY, at=clock.now())
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        for file in made.files:
            (folder / file.name).write_bytes(file.content)
        self.stdout.write(told(made))


def told(made: Made) -> str:
    """What was written, file by file, and whether it is what was exported before."""
    lines = [
        f"{file.name}  {file.lines} lines, debit = credit = "
        f"{money.text(file.debit_minor, made.currency)} {made.currency}, sha256 {file.sha256}"
        for file in made.files
    ]
    total = money.text(made.debit_minor, made.currency)
    lines.append(f"{made.entries} entries, {total} {made.currency} on each side.")
    if made.same:
        lines.append("The same bytes as the export before.")
    elif made.before is not None:
        lines.append(f"Differs from the export of {made.before.made_at:%Y-%m-%d %H:%M} UTC.")
    if made.provisional:
        lines.append("The month is not closed: more may be posted into it.")
    return "\n".join(lines)
