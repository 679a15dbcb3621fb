"""Answers what this process remembers of customers: who they are, who pays for them, their users' numbers.

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
from ledger.tariffs import Assigned

# More than so many customers, or users, and the memory begins anew.
CUSTOMERS_MAX = 100_000
USERS_MAX = 500_000


class HeldTerms(NamedTuple):
    """A holder with the bounds of its terms, the ids of its pools by unit id, and its rate cards."""

    key: HolderKey
    is_default: bool
    terms: tuple[tuple[datetime, datetime], ...]
    pools: Mapping[int, int] = {}
    cards: tuple[Assigned, ...] = ()

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
class Memory:
    """What is remembered.

    Attributes:
        customers: id and paying root, by code.
        holders: of each root that was asked for all of them.
        users: the numbers of end users by name, by the customer's id.
    """

    customers: dict[str, tuple[int, int]] = field(default_factory=dict)
    holders: dict[int, tuple[HeldTerms, ...]] = field(default_factory=dict)
    users: dict[int, dict[str, int]] = field(default_factory=dict)
    _codes: dict[int, str] = field(default_factory=dict)
    _users: int = 0
    _since: int = 0

    def learn_customer(self, code: str, id_: int, root: int) -> None:
        """Remember a customer."""
        self.customers[code] = (id_, root)
        self._codes[id_] = code

    def learn_users_if_kept(self, numbers: Mapping[tuple[int, str], int]) -> None:
        """Remember the numbers of users, by customer id and name, once this transaction is through."""
        transaction.on_commit(lambda: self._learn_users(numbers))

    def _learn_users(self, numbers: Mapping[tuple[int, str], int]) -> None:
        for (customer, name), number in numbers.items():
            self.users.setdefault(customer, {})[name] = number
        self._users += len(numbers)

    def _bring_up_to_date(self) -> bool:
        """Forget whom something was changed about; returns whether it was by this transaction itself."""
        ((self._since, ours, changed),) = binary.rows(
            "ledger", "directory_changes", since=self._since
        )
        for customer in set(changed):
            self.holders.pop(customer, None)
            self.users.pop(customer, None)
            self.customers.pop(self._codes.pop(customer, ""), None)
        if len(self.customers) > CUSTOMERS_MAX or self._users > USERS_MAX:
            self._begin_anew()
        return bool(ours)

    def _begin_anew(self) -> None:
        for known in (self.customers, self.holders, self.users, self._codes):
            known.clear()
        self._users = 0


_memories: WeakKeyDictionary[object, Memory] = WeakKeyDictionary()


def memory() -> Memory:
    """What this session remembers, as of now."""
    connection.ensure_connection()
    found = _memories.setdefault(connection.connection, Memory())
    return Memory() if found._bring_up_to_date() else found
