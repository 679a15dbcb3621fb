"""Does the posting of journal entries; docs/ledger.md has the catalogue of recipes (JE-01 ...).

An entry says in one call what is debited and credited; amounts of nothing make no line, and an entry
without lines is not stored (M8). The database checks the balance again at the commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from creditops.lib.refusals import Refusal
from ledger import chart
from ledger.models import Holder, JournalEntry, JournalLine


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


def post(
    posting: Posting,
    *,
    debit: Mapping[str, int],
    credit: Mapping[str, int],
    currency: str,
    at: datetime,
) -> JournalEntry | None:
    """Post an entry.

    Args:
        posting: what it is about.
        debit, credit: account code -> minor units of `currency`; an amount below zero goes to the
            other side.
        currency: the books' functional currency.
        at: the instant of recording.

    Returns the entry, or None if every amount is zero. Raises Refusal `entry_unbalanced`.
    """
    sides = _sides(debit, credit)
    if sum(d for d, _ in sides.values()) != sum(c for _, c in sides.values()):
        raise Refusal("entry_unbalanced", f"{posting.memo}: debits and credits differ.")
    if not sides:
        return None
    with transaction.atomic():
        entry = JournalEntry.objects.create(
            posting_date=posting.on,
            recipe=posting.recipe,
            memo=posting.memo,
            source=posting.source,
            customer_id=posting.customer_id,
            holder=posting.holder,
            prior_period=posting.prior_period,
            recorded_at=at,
        )
        JournalLine.objects.bulk_create(
            JournalLine(
                entry=entry,
                account_id=chart.account_id(code),
                debit_minor=debited,
                credit_minor=credited,
                currency=currency,
            )
            for code, (debited, credited) in sides.items()
        )
    return entry


def _sides(debit: Mapping[str, int], credit: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Net per account: (debit, credit), one of them zero, none of them both."""
    net: dict[str, int] = dict(debit)
    for code, amount in credit.items():
        net[code] = net.get(code, 0) - amount
    return {
        code: (amount, 0) if amount > 0 else (0, -amount) for code, amount in net.items() if amount
    }
