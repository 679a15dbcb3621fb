"""Answers whom and what the messages of a batch name: customers, meters, who pays, by which cards.

Read once for a whole batch, with a constant number of queries; to whom each message belongs is judged
from it (`ledger/plain_usage.py`, `ledger/resolving.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from creditops.lib import binary
from ledger import tariffs
from ledger.columns import Columns
from ledger.limits import HolderKey
from ledger.models import Holder, Meter
from ledger.tariffs import Assigned, PriceBook


class HeldTerms(NamedTuple):
    """A holder with the bounds of its terms and the ids of its pools by unit id."""

    key: HolderKey
    is_default: bool
    terms: tuple[tuple[datetime, datetime], ...]
    pools: Mapping[int, int] = {}

    def covers(self, time: datetime) -> bool:
        """Whether one of its terms holds `time`."""
        return any(start <= time < end for start, end in self.terms)

    def covers_all(self, since: datetime, until: datetime) -> bool:
        """Whether one of its terms holds all of `[since, until]`."""
        return any(start <= since and until < end for start, end in self.terms)

    def touches(self, since: datetime, until: datetime) -> bool:
        """Whether one of its terms holds any of `[since, until]`."""
        return any(start <= until and since < end for start, end in self.terms)


@dataclass(slots=True)
class Directory:
    """What a batch names, as far as it is known.

    Attributes:
        customers: id and paying root of each, by code.
        contracts: which of the accounts that it names are contracts.
        meters: by code.
        holders: who may pay: of the customers that it names, and those it names themselves.
        book: what prices their usage.
    """

    customers: Mapping[str, tuple[int, int]]
    contracts: Collection[str]
    meters: Mapping[str, Meter]
    holders: Sequence[HeldTerms]
    book: PriceBook

    def by_customer(self) -> dict[int, list[HeldTerms]]:
        """Who may pay for a customer, by the id of its root."""
        found: dict[int, list[HeldTerms]] = {}
        for holder in self.holders:
            found.setdefault(holder.key.customer_id, []).append(holder)
        return found


def of(batch: Columns) -> Directory:
    """What this batch names."""
    accounts = {code for code in set(batch.account) if code}
    contracts = _contracts(accounts)
    named = {code for code in set(batch.contract) if code is not None} | contracts
    codes = {code for code in set(batch.customer) if code} | (accounts - contracts)
    customers = _customers(codes)
    held, book = _holders({root for _, root in customers.values()}, named)
    meters = Meter.objects.filter(code__in=set(batch.meter))
    return Directory(customers, contracts, {meter.code: meter for meter in meters}, held, book)


def _contracts(accounts: Collection[str]) -> set[str]:
    """Which of these codes are contracts'; the others are customers'."""
    if not accounts:
        return set()
    known = Holder.objects.filter(code__in=accounts).exclude(kind=Holder.Kind.OPEN)
    return set(known.values_list("code", flat=True))


def _customers(codes: Collection[str]) -> dict[str, tuple[int, int]]:
    sent = binary.texts([code.encode() for code in sorted(codes)])
    rows = binary.rows("ledger", "find_customers", codes=sent)
    return {code: (id_, root) for code, id_, root in rows}


def _holders(
    customers: Collection[int], codes: Collection[str]
) -> tuple[list[HeldTerms], PriceBook]:
    """The holders of these customers, and those with these codes, and what prices their usage."""
    rows = binary.rows(
        "ledger",
        "find_holders",
        customers=binary.bigints(sorted(customers)),
        codes=binary.texts([code.encode() for code in sorted(codes)]),
    )
    held: list[HeldTerms] = []
    assigned: dict[int, tuple[Assigned, ...]] = {}
    alike: dict[tuple[Any, ...], tuple[Assigned, ...]] = {}
    for row in rows:
        key = HolderKey._make(row[:6])
        terms, pools = _zipped(row[7:9]), dict(_zipped(row[9:11]))
        held.append(HeldTerms(key, row[6], terms, pools))
        cards = _zipped(row[11:15])
        if cards not in alike:
            alike[cards] = tuple(map(Assigned._make, cards))
        assigned[key.holder_id] = alike[cards]
    choices = tariffs.choices_of((holder.key.customer_id, holder.key.holder_id) for holder in held)
    return held, PriceBook(assigned, choices)


def _zipped(columns: Sequence[Sequence[Any] | None]) -> tuple[Any, ...]:
    """Rows from their columns, which are None where there are no rows."""
    return tuple(zip(*columns, strict=True)) if columns[0] is not None else ()
