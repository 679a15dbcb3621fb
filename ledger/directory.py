"""Answers whom and what the messages of a batch name: customers, meters, who pays, by which cards.

Read once for a whole batch, with a constant number of queries, and only what is not remembered
(`ledger/remembered.py`); to whom each message belongs is judged from it (`ledger/plain_usage.py`,
`ledger/resolving.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditops.lib import binary
from ledger import remembered
from ledger.columns import Columns
from ledger.limits import HolderKey
from ledger.models import Holder, Meter
from ledger.remembered import HeldTerms, Memory
from ledger.tariffs import Assigned, Chosen, PriceBook


@dataclass(slots=True)
class Directory:
    """What a batch names, as far as it is known.

    Attributes:
        customers: id and paying root of each, by code.
        contracts: which of the accounts that it names are contracts.
        meters: by code.
        holders: who may pay: of the customers that it names, and those it names themselves.
        memory: of this session; its book prices their usage.
    """

    customers: Mapping[str, tuple[int, int]]
    contracts: Collection[str]
    meters: Mapping[str, Meter]
    holders: Sequence[HeldTerms]
    memory: Memory

    @property
    def book(self) -> PriceBook:
        """What prices their usage."""
        return self.memory.book

    def by_customer(self) -> dict[int, list[HeldTerms]]:
        """Who may pay for a customer, by the id of its root."""
        found: dict[int, list[HeldTerms]] = {}
        for holder in self.holders:
            found.setdefault(holder.key.customer_id, []).append(holder)
        return found


def of(batch: Columns, memory: Memory | None = None) -> Directory:
    """What this batch names.

    `memory`: of this session, brought up to date in this transaction; asked for if it is not given.
    """
    memory = memory or remembered.memory()
    accounts = {code for code in set(batch.account) if code}
    contracts = _contracts(accounts)
    named = {code for code in set(batch.contract) if code is not None} | contracts
    codes = {code for code in set(batch.customer) if code} | (accounts - contracts)
    customers = _customers(codes, memory)
    held = _holders({root for _, root in customers.values()}, named, memory)
    return Directory(customers, contracts, _meters(set(batch.meter), memory), held, memory)


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
        for code, id_, root in binary.rows("ledger", "find_customers", codes=sent):
            memory.learn_customer(code, id_, root)
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
        for holder in _learn(rows, memory.book):
            if holder.key.customer_id in found:
                found[holder.key.customer_id].append(holder)
            elif holder.key.customer_id not in customers:
                others.append(holder)
        memory.holders.update((customer, tuple(held)) for customer, held in found.items())
    return [held for customer in sorted(customers) for held in memory.holders[customer]] + others


def _learn(rows: Sequence[Sequence[Any]], book: PriceBook) -> list[HeldTerms]:
    """The holders of these rows; the book learns what prices them."""
    held: list[HeldTerms] = []
    cards: dict[int, tuple[Assigned, ...]] = {}
    choices: dict[int, tuple[Chosen, ...]] = {}
    alike: dict[tuple[Any, ...], tuple[Assigned, ...]] = {}
    for row in rows:
        key = HolderKey._make(row[:6])
        held.append(HeldTerms(key, row[6], _zipped(row[7:9]), dict(_zipped(row[9:11]))))
        assigned = _zipped(row[11:15])
        if assigned not in alike:
            alike[assigned] = tuple(map(Assigned._make, assigned))
        cards[key.holder_id] = alike[assigned]
        choices[key.holder_id] = tuple(map(Chosen._make, _zipped(row[15:18])))
    book.learn(cards, choices)
    return held


def _meters(codes: set[str], memory: Memory) -> dict[str, Meter]:
    missing = codes - memory.meters.keys()
    if missing:
        found = Meter.objects.filter(code__in=missing)
        memory.meters.update((meter.code, meter) for meter in found)
    return {code: memory.meters[code] for code in codes if code in memory.meters}


def _zipped(columns: Sequence[Sequence[Any] | None]) -> tuple[Any, ...]:
    """Rows from their columns, which are None where there are no rows."""
    return tuple(zip(*columns, strict=True)) if columns[0] is not None else ()
