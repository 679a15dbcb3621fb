"""Answers which numbers stand for the end users that events name, made where they are new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from creditops.lib import binary
from ledger.remembered import Memory

_NOBODY: Mapping[str, int] = {}


def number(customer_id: int, name: str | None) -> int | None:
    """The number that stands for an end user; None for nobody."""
    return numbers([customer_id], [name])[0] or None


def numbers(
    customers: Sequence[int], names: Sequence[str | None], memory: Memory | None = None
) -> list[int]:
    """The numbers of end users, by the ids of their customers and their names; 0 for nobody.

    `memory`: of this session, brought up to date in this transaction.
    """
    known = memory.users if memory is not None else {}
    pairs = zip(customers, names, strict=True)
    found = [known.get(customer, _NOBODY).get(name or "", 0) for customer, name in pairs]
    missing = [place for place, number in enumerate(found) if not number and names[place]]
    if missing:
        made = _found_or_made({(customers[place], names[place] or "") for place in missing})
        for place in missing:
            found[place] = made[customers[place], names[place] or ""]
        if memory is not None:
            memory.learn_users_if_kept(made)
    return found


def _found_or_made(users: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    wanted = sorted(users)
    found = _find(wanted)
    missing = [pair for pair in wanted if pair not in found]
    if missing:
        made = binary.rows("ledger", "add_users", **_arrays(missing))
        found |= {(customer, name): number for customer, name, number in made}
    late = [pair for pair in missing if pair not in found]
    return found | _find(late) if late else found


def _find(wanted: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    rows = binary.rows("ledger", "find_users", False, **_arrays(wanted))
    return {(customer, name): number for customer, name, number in rows}


def _arrays(users: Sequence[tuple[int, str]]) -> dict[str, binary.Array]:
    return {
        "customers": binary.bigints([customer for customer, _ in users]),
        "names": binary.texts([name.encode() for _, name in users]),
    }
