"""Answers what this process remembers of customers: who they are, who pays for them and by which tariff, and
the numbers of their users.

A memory belongs to one database session. Before each use it asks which customers something was changed
about since it last asked (`ledger_directorychange`), and forgets those: what a transaction changed is told
from its number, also when it was under way while the memory was filled. A transaction that changed something
itself, which may yet be undone, has a memory of its own that nobody sees again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

from django.db import connection, transaction

from creditops.lib import binary
from ledger.limits import HolderKey
from ledger.models import Meter
from ledger.rating import Charge
from ledger.tariffs import CompiledTariff, PriceBook

# More than so many customers, or users, and the memory begins anew.
CUSTOMERS_MAX = 100_000
USERS_MAX = 500_000


class HeldTerms(NamedTuple):
    """A holder with the bounds of its terms and the ids of its pools by unit id."""

    key: HolderKey
    is_default: bool
    terms: tuple[tuple[datetime, datetime], ...]
    pools: Mapping[int, int] = {}

    def covers(self, time: datetime) -> bool:
        """Whether one of its terms holds `time`."""
        return any(start <= time < end for start, end in self.terms)

    def term_of(self, since: datetime, until: datetime) -> tuple[datetime, datetime] | None:
        """The one of its terms that holds all of `[since, until]`."""
        return next((term for term in self.terms if term[0] <= since and until < term[1]), None)

    def touches(self, since: datetime, until: datetime) -> bool:
        """Whether one of its terms holds any of `[since, until]`."""
        return any(start <= until and since < end for start, end in self.terms)


@dataclass(frozen=True, slots=True)
class Price:
    """What one of a meter's quantity costs a holder: rates that ask for whole credits of one unit."""

    tariff_id: int | None
    charge: Charge
    credits: int


class Standing(NamedTuple):
    """Who pays for a customer's events of `[since, until)`, microseconds since 1970, by which tariff.

    `id` and `root` are the customer's own and of who pays, `pools` the payer's by unit id. Customers of
    whom each meter costs the same all along have the number `alike` in common; -1: nobody pays, or that
    takes a closer look.
    """

    id: int = 0
    root: int = 0
    payer: HolderKey | None = None
    tariff: CompiledTariff | None = None
    pools: Mapping[int, int] = {}
    alike: int = -1
    since: int = 0
    until: int = 0


@dataclass(slots=True)
class Memory:
    """What is remembered.

    Attributes:
        customers: id and paying root, by code.
        holders: of each root that was asked for all of them.
        standings: by the customer's code.
        book: what prices the holders.
        numbers: those that are given to what is told apart by them (`Standing.alike`).
        prices: of a meter for those who are alike; None where it takes a closer look.
        meters, sources: by code, and the ids of event sources by name.
        users: the numbers of end users by name, by the customer's id.
    """

    customers: dict[str, tuple[int, int]] = field(default_factory=dict)
    holders: dict[int, tuple[HeldTerms, ...]] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    book: PriceBook = field(default_factory=PriceBook)
    numbers: dict[object, int] = field(default_factory=dict)
    prices: dict[tuple[int, str], Price | None] = field(default_factory=dict)
    meters: dict[str, Meter] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    users: dict[int, dict[str, int]] = field(default_factory=dict)
    _codes: dict[int, set[str]] = field(default_factory=dict)
    _users: int = 0
    _since: int | None = None
    _seen: set[int] = field(default_factory=set)

    def learn_customer(self, code: str, id_: int, root: int) -> None:
        """Remember a customer; it is forgotten with itself and with who pays."""
        self.customers[code] = (id_, root)
        for customer in (id_, root):
            self._codes.setdefault(customer, set()).add(code)

    def number(self, thing: object) -> int:
        """The number of what is told apart by it, from 0 on."""
        return self.numbers.setdefault(thing, len(self.numbers))

    def learn_sources_if_kept(self, ids: Mapping[str, int]) -> None:
        """Remember event sources, once this transaction is through."""
        transaction.on_commit(lambda: self.sources.update(ids))

    def learn_users_if_kept(self, numbers: Mapping[tuple[int, str], int]) -> None:
        """Remember the numbers of users, by customer id and name, once this transaction is through."""
        transaction.on_commit(lambda: self._learn_users(numbers))

    def _learn_users(self, numbers: Mapping[tuple[int, str], int]) -> None:
        for (customer, name), number in numbers.items():
            self.users.setdefault(customer, {})[name] = number
        self._users += len(numbers)

    def _bring_up_to_date(self) -> bool:
        """Forget whom something was changed about; returns whether it was by this transaction itself."""
        asked = binary.rows("ledger", "directory_changes", since=self._since)
        [(self._since, ours, numbers, customers)] = asked
        changes = dict(zip(numbers, customers, strict=True))
        # While an old transaction runs, wherever, changes come again that were seen already.
        changed = {changes[number] for number in changes.keys() - self._seen}
        self._seen = set(changes)
        full = len(self.customers) > CUSTOMERS_MAX or self._users > USERS_MAX
        if None in changed or full:
            self._begin_anew()
        for customer in changed - {None}:
            self._forget(customer)
        return bool(ours)

    def _forget(self, customer: int) -> None:
        for holder in self.holders.pop(customer, ()):
            self.book.forget(holder.key.holder_id)
        for code in self._codes.pop(customer, ()):
            self.customers.pop(code, None)
            self.standings.pop(code, None)
        self._users -= len(self.users.pop(customer, ()))

    def _begin_anew(self) -> None:
        empty = Memory(_since=self._since, _seen=self._seen)
        for name in self.__slots__:
            setattr(self, name, getattr(empty, name))


_memories: WeakKeyDictionary[object, Memory] = WeakKeyDictionary()


def memory() -> Memory:
    """What this session remembers, as of now."""
    connection.ensure_connection()
    found = _memories.setdefault(connection.connection, Memory())
    return Memory() if found._bring_up_to_date() else found
