"""`manage.py import_usage FILE --customer C --source S --id COLUMN`: usage from a file."""

from __future__ import annotations

import csv
import os
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditops.lib import audit, clock
from creditops.lib.refusals import Refusal
from ledger import backfills, importing, messages
from ledger.importing import Import, Progress
from ledger.usage_files import BY_ROW, Layout
from ledger.usage_sources import Rejected


class Command(BaseCommand):
    help = (
        "Imports usage from a CSV file, JSON lines or Parquet: streamed, with progress, exactly once. "
        "An import that was interrupted is simply started again: it goes on where it stopped."
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
            "column it stands in, where it does not bear the name; without a column it is left out; "
            "repeat it",
        )
        parser.add_argument(
            "--backfill",
            metavar="NAME",
            help="let the rows wait unseen in a backfill of this name, until it is closed",
        )
        parser.add_argument(
            "--anew",
            action="store_true",
            help="begin with the first row, whatever an earlier start has done",
        )
        parser.add_argument(
            "--rejects",
            type=Path,
            metavar="FILE",
            help="where rows that can't be read are told; else FILE.rejected.csv",
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
        rejects = _Rejects(options["rejects"] or file.with_name(f"{file.name}.rejected.csv"))
        bar = _Bar(self.stderr)
        at = clock.now()
        try:
            with audit.acting(_ACTOR, at=at), rejects:
                # Nothing is opened for a file that can't be read.
                importing.look(file, layout, for_backfill=bool(options["backfill"]))
                backfill = (
                    backfills.open_for(options["backfill"], by=_ACTOR, at=at)
                    if options["backfill"]
                    else None
                )
                progress = importing.import_file(
                    Import(file, layout, backfill, anew=options["anew"]),
                    now=clock.now, seconds=time.monotonic, rejects=rejects, tell=bar.tell,
                )  # fmt: skip
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        except KeyboardInterrupt as error:
            raise CommandError("Stopped. Start it again, and it goes on here.") from error
        self._report(progress, layout, rejects, options["backfill"])

    def _report(
        self, progress: Progress, layout: Layout, rejects: _Rejects, backfill: str | None
    ) -> None:
        told = ", ".join(
            f"{number:,} {status if number == 1 else _PLURALS.get(status, status)}"
            for status, number in progress.statuses.items()
            if number or status == (importing.STAGED if backfill else messages.APPLIED)
        )
        drawn = "Nothing is drawn yet." if backfill else f"{progress.credits:,} credits drawn."
        self.stdout.write(f"{_rows(progress.rows)}: {told}. {drawn}")
        if progress.resumed:
            self.stdout.write(f"  {progress.resumed:,} of them by a start before this one.")
        for code, number in sorted(progress.codes.items()):
            self.stdout.write(f"  {number:,} {code}: {_MEANINGS.get(code, 'see docs/refusals.md')}")
        if backfill:
            self.stdout.write(
                f"They wait unseen in backfill {backfill!r}. `manage.py backfill close {backfill} "
                "--reason '...'` takes them into the books."
            )
        if progress.statuses[messages.EXCEPTION]:
            self.stdout.write(
                "Exceptions wait with their bodies; nothing is lost. Look at them in the admin, then "
                f"`manage.py exceptions apply --source {layout.source} --reason '...'` draws them, "
                "or `write-off` lets them go."
            )
        if progress.rejected:
            raise CommandError(
                f"{_rows(progress.rejected)} could not be read; see {rejects.path}. Mend them and "
                "import the file again: what was stored stays as it is."
            )


class _Bar:
    """Says how far an import is: rows, pace, share of the file, and how long it still takes."""

    def __init__(self, err: Any) -> None:
        self._err = err
        self._started = time.monotonic()

    def tell(self, progress: Progress) -> None:
        """Say it, on the line that is there already if that is a terminal."""
        gone = max(time.monotonic() - self._started, 0.001)
        said = f"{_rows(progress.rows)}, {(progress.rows - progress.resumed) / gone:,.0f} rows/s"
        said += f", {progress.share:.0%}"
        here = progress.share - progress.share_before
        if 0 < progress.share < 1 and here > 0:
            said += f", about {_duration(gone * (1 - progress.share) / here)} left"
        self._err.write(said, ending="\r" if sys.stderr.isatty() else "\n")


def _rows(number: int) -> str:
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02} min"


class _Rejects:
    """The file of rows that could not be read; made with the first one, gone on with by a later start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any | None = None

    def __enter__(self) -> _Rejects:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def begin(self, size: int) -> bool:
        """Keep the first `size` bytes; False if they are not there any more."""
        if not size:
            self._reach(lambda: self.path.unlink(missing_ok=True))
            return True
        if not self.path.is_file() or self.path.stat().st_size < size:
            return False
        file = self._open("r+")
        file.truncate(size)
        file.seek(size)
        return True

    def add(self, rows: Sequence[Rejected]) -> int:
        """Write rows with their numbers, fields and reasons, each fit for a spreadsheet, to the disk."""
        file, told = self._file, csv.writer
        if file is None:
            file = self._open("w")
            told(file).writerow(["row", "field", "reason", "content"])
        told(file).writerows(
            [row.row, _cell(row.field), _cell(row.reason), _cell(row.content)] for row in rows
        )
        file.flush()
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size

    def _open(self, mode: str) -> Any:
        def opened() -> Any:
            return self.path.open(mode, encoding="utf-8", newline="", errors="replace")

        self._file = self._reach(opened)
        return self._file

    def _reach(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OSError as error:
            raise Refusal(
                "rejects_unwritable",
                f"{self.path}: {error.strerror}. Name another file with --rejects.",
            ) from error


def _cell(text: str) -> str:
    """Text for a cell, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_SIGNS) else text


_ACTOR = "import"
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
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
    name, told, column = text.partition("=")
    if not name or not told:
        raise ArgumentTypeError(f"{text!r}: write NAME=COLUMN, like time=TIMESTAMP")
    return name, column
