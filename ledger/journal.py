"""Does the posting of journal entries; docs/ledger.md has the catalogue of recipes (JE-01 ...).

An entry says in one call what is debited and credited; amounts of nothing make no line, and an entry
without lines is not stored (M8). The database checks the balance again at the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import Customer
from creditops.lib import calendar
from creditops.lib.refusals import Refusal
from ledger import books, chart, open_items
from ledger.models import Holder, JournalEntry, JournalLine
from ledger.open_items import Foreign


@dataclass(frozen=True)
class Posting:
    """What an entry is about.

    Attributes:
        on: the posting date, in an open month.
        recipe: of the catalogue, `JE-05`.
        memo: a sentence for the reader.
        source: unique; the same source posts once.
        customer_id, holder: whose, where it is somebody's.
        prior_period: it belongs to a month that was closed already.
    """

    on: date
    recipe: str
    memo: str
    source: str
    customer_id: int | None = None
    holder: Holder | None = None
    prior_period: bool = False


@dataclass(frozen=True)
class Entry:
    """An entry to be posted.

    Attributes:
        debit, credit: account code -> minor units of the books' currency; an amount below zero goes to the
            other side.
        foreign: account code -> the amount of another currency that its line stands for; what is of the
            books' own currency is left out by itself.
    """

    posting: Posting
    debit: Mapping[str, int]
    credit: Mapping[str, int]
    foreign: Mapping[str, Foreign] = field(default_factory=dict)


def post(
    posting: Posting,
    *,
    debit: Mapping[str, int],
    credit: Mapping[str, int],
    currency: str,
    at: datetime,
    foreign: Mapping[str, Foreign] | None = None,
) -> JournalEntry | None:
    """Post one entry; as `post_all`.

    Returns the entry, or None if every amount is zero.
    """
    made = post_all([Entry(posting, debit, credit, foreign or {})], currency=currency, at=at)
    return made[0] if made else None


def post_all(entries: Iterable[Entry], *, currency: str, at: datetime) -> list[JournalEntry]:
    """Post entries, in their order, all or none; two statements, however many there are.

    Args:
        currency: the books' functional currency.
        at: the instant of recording.

    Returns those that have amounts. Raises Refusal `entry_unbalanced`.
    """
    wanted = [(entry, _balanced(entry)) for entry in entries]
    written = [(entry, sides) for entry, sides in wanted if sides]
    with transaction.atomic():
        made = JournalEntry.objects.bulk_create(_row(entry.posting, at) for entry, _ in written)
        JournalLine.objects.bulk_create(
            line
            for row, (entry, sides) in zip(made, written, strict=True)
            for line in _lines(row, sides, _truly_foreign(entry, currency), currency)
        )
    for entry, _ in written:
        posting = entry.posting
        owed = any(of.item for of in _truly_foreign(entry, currency).values())
        if posting.customer_id is not None and owed:
            _expect_valuation(posting.customer_id, posting.on, at)
    return list(made)


def _balanced(entry: Entry) -> dict[str, tuple[int, int]]:
    sides = _sides(entry.debit, entry.credit)
    if sum(d for d, _ in sides.values()) != sum(c for _, c in sides.values()):
        raise Refusal("entry_unbalanced", f"{entry.posting.memo}: debits and credits differ.")
    return sides


def _truly_foreign(entry: Entry, currency: str) -> dict[str, Foreign]:
    return {code: of for code, of in entry.foreign.items() if of.currency != currency}


def _row(posting: Posting, at: datetime) -> JournalEntry:
    return JournalEntry(
        posting_date=posting.on,
        recipe=posting.recipe,
        memo=posting.memo,
        source=posting.source,
        customer_id=posting.customer_id,
        holder=posting.holder,
        prior_period=posting.prior_period,
        recorded_at=at,
    )


def _lines(
    row: JournalEntry,
    sides: Mapping[str, tuple[int, int]],
    foreign: Mapping[str, Foreign],
    currency: str,
) -> Iterator[JournalLine]:
    for code, (debited, credited) in sides.items():
        yield JournalLine(
            entry=row,
            account_id=chart.account_id(code),
            debit_minor=debited,
            credit_minor=credited,
            currency=currency,
            **_foreign(foreign.get(code)),
        )


def _expect_valuation(customer_id: int, on: date, at: datetime) -> None:
    """Have what is open valued at the end of the month it was posted in, and of the one of the act."""
    customer, zone = Customer.objects.get(pk=customer_id), books.current(at).time_zone
    for day in {on, calendar.local_date(at, zone)}:
        open_items.expect_month_end(customer, day, zone)


def _foreign(of: Foreign | None) -> dict[str, Any]:
    """The columns of a line that stands for an amount of another currency."""
    if of is None:
        return {}
    return {
        "transaction_minor": of.minor,
        "transaction_currency": of.currency,
        "open_item": of.item,
    }


def _sides(debit: Mapping[str, int], credit: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Net per account: (debit, credit), one of them zero, none of them both."""
    net: dict[str, int] = dict(debit)
    for code, amount in credit.items():
        net[code] = net.get(code, 0) - amount
    return {
        code: (amount, 0) if amount > 0 else (0, -amount) for code, amount in net.items() if amount
    }
