"""Answers whom and what the messages of a batch name: customers, meters, who pays, by which cards.

Read once for a whole batch, with a constant number of queries; to whom each message belongs is judged
from it (`ledger/plain_usage.py`, `ledger/resolving.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditops.lib import binary
from ledger import remembered, tariffs
from ledger.columns import Columns
from ledger.limits import HolderKey
from ledger.models import Holder, Meter
from ledger.remembered import HeldTerms, Memory
from ledger.tariffs import Assigned, PriceBook


@dataclass(slots=True)
class Directory:
    """What a batch names, as far as it is known.

    Attributes:
        customers: id and paying root of each, by code.
        contracts: which of the accounts that it names are contracts.
        meters: by code.
        holders: who may pay: of the customers that it names, and those it names themselves.
        book: what prices their usage.
        memory: of this session.
    """

    customers: Mapping[str, tuple[int, int]]
    contracts: Collection[str]
    meters: Mapping[str, Meter]
    holders: Sequence[HeldTerms]
    book: PriceBook
    memory: Memory

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
    memory = remembered.memory()
    customers = _customers(codes, memory)
    held = _holders({root for _, root in customers.values()}, named, memory)
    keys = [(holder.key.customer_id, holder.key.holder_id) for holder in held]
    cards = {holder.key.holder_id: holder.cards for holder in held}
    book = PriceBook(cards, tariffs.choices_of(keys))
    meters = Meter.objects.filter(code__in=set(batch.meter))
    return Directory(
        customers, contracts, {meter.code: meter for meter in meters}, held, book, memory
    )


def _contracts(accounts: Collection[str]) -> set[str]:
    """Which of these codes are contracts'; the others are customers'."""
    if not accounts:
        return set()
    known = Holder.objects.filter(code__in=accounts).exclude(kind=Holder.Kind.OPEN)
    return set(known.values_list("code", flat=True))


def _customers(codes: Collection[str], memory: Memory) -> dict[str, tuple[int, int]]:
    missing = [code for code in codes if code not in memory.customers]
    if missing:
        sent = binary.texts([code.encode() for code in sorted(missing)])
        for row in binary.rows("ledger", "find_customers", codes=sent):
            memory.learn_customer(*row)
    return {code: memory.customers[code] for code in codes if code in memory.customers}


def _holders(customers: Collection[int], codes: Collection[str], memory: Memory) -> list[HeldTerms]:
    """The holders of these customers, and those with these codes."""
    missing = [customer for customer in customers if customer not in memory.holders]
    others: list[HeldTerms] = []
    if missing or codes:
        rows = binary.rows(
            "ledger",
            "find_holders",
            customers=binary.bigints(sorted(missing)),
            codes=binary.texts([code.encode() for code in sorted(codes)]),
        )
        found: dict[int, list[HeldTerms]] = {customer: [] for customer in missing}
        alike: dict[tuple[Any, ...], tuple[Assigned, ...]] = {}
        for row in rows:
            holder = _held(row, alike)
            if holder.key.customer_id in found:
                found[holder.key.customer_id].append(holder)
            elif holder.key.customer_id not in customers:
                others.append(holder)
        memory.holders.update((customer, tuple(held)) for customer, held in found.items())
    return [held for customer in sorted(customers) for held in memory.holders[customer]] + others


def _held(row: Sequence[Any], alike: dict[tuple[Any, ...], tuple[Assigned, ...]]) -> HeldTerms:
    cards = _zipped(row[11:15])
    if cards not in alike:
        alike[cards] = tuple(map(Assigned._make, cards))
    terms, pools = _zipped(row[7:9]), dict(_zipped(row[9:11]))
    return HeldTerms(HolderKey._make(row[:6]), row[6], terms, pools, alike[cards])


def _zipped(columns: Sequence[Sequence[Any] | None]) -> tuple[Any, ...]:
    """Rows from their columns, which are None where there are no rows."""
    return tuple(zip(*columns, strict=True)) if columns[0] is not None else ()
