"""`manage.py import_usage FILE --customer C --source S --id COLUMN`: usage from a file."""

from __future__ import annotations

import csv
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditops.lib import audit, clock
from creditops.lib.refusals import Refusal
from ledger import importing, messages
from ledger.importing import Progress
from ledger.usage_files import BY_ROW, Layout, Rejected


class Command(BaseCommand):
    help = (
        "Imports usage from a CSV file or JSON lines: streamed, with progress, exactly once. "
        "An import that was interrupted is simply started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--source", required=True, help="part of every event's identity")
        parser.add_argument(
            "--id", required=True, help=f"the column with the id, or {BY_ROW!r} for row numbers"
        )
        parser.add_argument("--customer", default="", help="whose usage, unless a column says so")
        parser.add_argument("--contract", help="under which contract; else it is found")
        parser.add_argument("--meter", default="", help="which meter, unless a column says so")
        parser.add_argument("--time-zone", help="of times without an offset, like UTC")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            type=_mapping,
            metavar="NAME=COLUMN",
            help="a field (time, quantity, user, customer, contract, meter) or property, and the "
            "column it stands in; repeat it",
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        layout = Layout(
            source=options["source"],
            id=options["id"],
            meter=options["meter"],
            customer=options["customer"],
            contract=options["contract"],
            time_zone=options["time_zone"],
            columns=dict(options["map"]),
        )
        rejects = _Rejects(file.with_name(f"{file.name}.rejected.csv"))
        started = time.monotonic()

        def tell(progress: Progress) -> None:
            pace = progress.rows / max(time.monotonic() - started, 0.001)
            end = "\r" if sys.stderr.isatty() else "\n"
            self.stderr.write(f"{progress.rows:,} rows, {pace:,.0f} rows/s", ending=end)

        try:
            with audit.acting("import", at=clock.now()), rejects:
                progress = importing.import_file(
                    file, layout, now=clock.now, reject=rejects.add, tell=tell
                )
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self._report(progress, layout, rejects)

    def _report(self, progress: Progress, layout: Layout, rejects: _Rejects) -> None:
        told = ", ".join(
            f"{number:,} {_PLURALS.get(status, status)}"
            for status, number in progress.statuses.items()
            if number or status == messages.APPLIED
        )
        self.stdout.write(f"{progress.rows:,} rows: {told}. {progress.credits:,} credits drawn.")
        for code, number in sorted(progress.codes.items()):
            self.stdout.write(f"  {number:,} {code}: {_MEANINGS.get(code, 'see docs/refusals.md')}")
        if progress.statuses[messages.EXCEPTION]:
            self.stdout.write(
                "Exceptions wait with their bodies; nothing is lost. Look at them in the admin, then "
                f"`manage.py exceptions apply --source {layout.source} --reason '...'` draws them, "
                "or `write-off` lets them go."
            )
        if progress.rejected:
            raise CommandError(
                f"{progress.rejected:,} rows could not be read; see {rejects.path}. Mend them and "
                "import the file again: what was stored stays as it is."
            )


class _Rejects:
    """The file of rows that could not be read; made with the first one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any = None

    def __enter__(self) -> _Rejects:
        with suppress(FileNotFoundError):
            self.path.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, row: Rejected) -> None:
        """Write one row with its number, field and reason."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="", errors="replace")
            csv.writer(self._file).writerow(["row", "field", "reason", "content"])
        csv.writer(self._file).writerow([row.row, row.field, row.reason, row.content])


_PLURALS = {"duplicate": "duplicates", "conflict": "conflicts", "exception": "exceptions"}
_MEANINGS = {
    "due_work_waits": "what is due for the customer failed; run it, then apply them",
    "too_late": "arrived after the late-event window; a person can apply them",
    "unknown_customer": "no such customer",
    "unknown_contract": "no such contract of this customer",
    "unknown_meter": "no such meter",
    "no_rate": "no rate card prices this meter",
    "quantity_not_whole": "a fixed rate needs whole quantities",
    "no_quantity": "the property that holds the quantity is missing or no number",
    "insufficient_credits": "the customer's balance did not cover it",
    "overage_cap": "the agreed overage is used up",
    "conflict": "the same id was stored with other content; the first one stands",
    "in_the_future": "more than five minutes in the future",
}


def _mapping(text: str) -> tuple[str, str]:
    name, _, column = text.partition("=")
    if not name or not column:
        raise ArgumentTypeError(f"{text!r}: write NAME=COLUMN, like time=TIMESTAMP")
    return name, column
