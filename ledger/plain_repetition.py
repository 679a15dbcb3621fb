"""Answers which plain events may repeat what is stored; `ledger/repetition.py` looks at them then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from creditops.lib import binary
from creditops.lib.binary import Integers
from ledger import recently_seen
from ledger.plain_groups import Flags
from ledger.plain_usage import Plain


@dataclass(slots=True)
class Keys:
    """The keys of plain events, a hash of each, and which stand in the batch more than once.

    Keys of one hash may be different keys: then they are looked at in vain.
    """

    own: Sequence[str]
    hashes: Integers
    twice: Flags


def keys_of(plain: Plain, others: Sequence[str]) -> Keys:
    """The keys of plain events; `others` are those of the batch's other messages."""
    own = plain.texts(plain.batch.key)
    hashes = recently_seen.hashes(own)
    order = np.argsort(hashes)
    same = hashes[order[1:]] == hashes[order[:-1]]
    twice = np.isin(hashes, recently_seen.hashes(others))
    twice[order[1:][same]] = twice[order[:-1][same]] = True
    return Keys(own, hashes, twice)


def maybe_repeated(
    plain: Plain, keys: Keys, sources: Mapping[str, int], *, look_all_up: bool
) -> Flags:
    """Which plain events may repeat what is stored, or stand twice in the batch.

    Args:
        keys: theirs.
        sources: the ids of event sources by name.
        look_all_up: what is not remembered may be stored all the same (`ledger/recently_seen.py`).

    Call it with the pools locked, so that what another batch stored is seen.
    """
    if not len(plain):
        return keys.twice
    customer = plain.customer
    places = recently_seen.places(customer, keys.hashes)
    remembered = recently_seen.maybe(places)
    recently_seen.remember(places)
    all_of_them = look_all_up or not recently_seen.trusted()
    asked = np.ones(len(plain), dtype=bool) if all_of_them else remembered | _aside(plain)
    found = np.zeros(len(plain), dtype=bool)
    chosen = np.flatnonzero(asked)
    if len(chosen):
        codes = _codes(plain)
        payers = plain.groups.payer[plain.group[chosen]]
        rows = binary.rows(
            "ledger",
            "known_keys",
            False,
            customers=binary.bigints(customer[chosen]),
            sources=binary.bigints(plain.sources(sources)[chosen]),
            keys=binary.texts([keys.own[n].encode() for n in chosen.tolist()]),
            codes=binary.texts([codes[payer] for payer in payers.tolist()]),
        )
        found[chosen[[place for (place,) in rows]]] = True
    if (found & ~remembered).any():
        recently_seen.was_surprised()
    elif all_of_them:
        recently_seen.was_calm(len(plain))
    return found | keys.twice


def _aside(plain: Plain) -> Flags:
    """Which events are of customers who have messages that were set aside, if only one."""
    codes = _codes(plain)
    rows = binary.rows("ledger", "with_exceptions", codes=binary.texts(codes))
    those = np.zeros(len(codes), dtype=bool)
    those[[place for (place,) in rows]] = True
    return those[plain.groups.payer][plain.group]


def _codes(plain: Plain) -> list[bytes]:
    """The codes of the customers who pay, as the groups number them."""
    return [payer.customer_code.encode() if payer else b"" for payer in plain.groups.payers]
