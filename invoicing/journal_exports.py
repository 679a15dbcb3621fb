"""Does exports of a month's journal to other programs: balanced files, split by what each program takes.

The same entries and names of accounts give the same bytes: nothing of a file comes from a clock or a
person. What was made is remembered with its checksum, so an export that differs from the last one says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from creditops.lib import calendar, locks, policies
from creditops.lib.refusals import NotFound, Refusal
from invoicing import datev_form, export_accounts, export_forms
from invoicing.export_forms import Batch, Entry, Form, Side
from invoicing.models import JournalExport
from ledger import books, posting
from ledger.models import AccountingPeriod, JournalEntry

FORMS: dict[str, Form] = {form.name: form for form in (*export_forms.FORMS, datev_form.FORM)}


@dataclass(frozen=True)
class File:
    """A file of an export: its bytes, their SHA-256, how many lines of the journal, and the debits."""

    name: str
    content: bytes
    sha256: str
    lines: int
    debit_minor: int


@dataclass(frozen=True)
class Made:
    """An export. `before` is the last one of this month and program, `same` whether it has the same bytes.

    `provisional`: the month is not closed, so more may be posted into it.
    """

    files: Sequence[File]
    entries: int
    debit_minor: int
    currency: str
    sha256: str
    provisional: bool
    before: JournalExport | None

    @property
    def same(self) -> bool:
        """Whether the last export of this month and program had the same bytes."""
        return self.before is not None and self.before.sha256 == self.sha256


def make(period: date, program: str, *, by: str, at: datetime) -> Made:
    """Export the journal of the month that begins on `period`; usage that waits is posted first.

    Raises NotFound for a program that is none of `FORMS`; Refusal `export_entry_too_long` or
    `export_decimals` where the program can't take what was posted.
    """
    form = FORMS.get(program)
    if form is None:
        raise NotFound("export program", program)
    closed = _is_closed(period)
    if not closed:
        posting.run(at)
    with transaction.atomic():
        locks.hold(f"export:{program}:{period}")
        entries = _entries(period)
        files = _files(form, period, entries, at)
        whole = hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()
        before = JournalExport.objects.filter(period=period, program=program).first()
        made = Made(
            files=files,
            entries=len(entries),
            debit_minor=sum(file.debit_minor for file in files),
            currency=books.current(at).currency,
            sha256=whole,
            provisional=not closed,
            before=before,
        )
        if not made.same:
            _remember(made, period, program, by, at)
    return made


def _files(form: Form, period: date, entries: Sequence[Entry], at: datetime) -> list[File]:
    parts = _parts(form, entries)
    current = books.current(at)
    names = export_accounts.names(form.name)
    made = []
    for number, part in enumerate(parts, start=1):
        batch = Batch(
            period=period,
            currency=current.currency,
            entries=part,
            names=names,
            settings=policies.in_force([policies.BOOKS], at),
        )
        content = form.write(batch)
        made.append(
            File(
                name=form.file_name(period, number, len(parts)),
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                lines=sum(len(entry.sides) for entry in part),
                debit_minor=sum(side.debit_minor for entry in part for side in entry.sides),
            )
        )
    return made


def _parts(form: Form, entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries in files of at most so many rows; an entry is never torn, so that each file balances."""
    parts: list[list[Entry]] = [[]]
    rows = 0
    for entry in entries:
        needed = form.rows_of(entry)
        if needed > form.rows_max:
            raise Refusal(
                "export_entry_too_long",
                f"Entry {entry.number} needs {needed} rows; {form.name} takes {form.rows_max} a file.",
            )
        if rows + needed > form.rows_max:
            parts.append([])
            rows = 0
        parts[-1].append(entry)
        rows += needed
    return parts


def _entries(period: date) -> list[Entry]:
    last = calendar.add_months(period, 1) - timedelta(days=1)
    rows = (
        JournalEntry.objects.filter(posting_date__range=(period, last))
        .select_related("customer")
        .prefetch_related("lines__account")
        .order_by("posting_date", "id")
    )
    return [
        Entry(
            number=row.pk,
            on=row.posting_date,
            recipe=row.recipe,
            memo=row.memo,
            source=row.source,
            customer=row.customer.name if row.customer else "",
            recorded_at=row.recorded_at,
            sides=[
                Side(line.account.code, line.debit_minor, line.credit_minor)
                for line in sorted(row.lines.all(), key=lambda line: line.pk)
            ],
        )
        for row in rows
    ]


def _is_closed(period: date) -> bool:
    closed = AccountingPeriod.State.CLOSED
    found: bool = AccountingPeriod.objects.filter(month=period, state=closed).exists()
    return found


def _remember(made: Made, period: date, program: str, by: str, at: datetime) -> None:
    JournalExport.objects.create(
        period=period,
        program=program,
        files=[
            {"name": f.name, "sha256": f.sha256, "lines": f.lines, "debit_minor": f.debit_minor}
            for f in made.files
        ],
        sha256=made.sha256,
        entries=made.entries,
        debit_minor=made.debit_minor,
        made_at=at,
        made_by=by,
    )
