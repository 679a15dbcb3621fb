"""What the acts of the desk are about: for each whose address names something, one such thing.

A new act without a subject fails here, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from creditops.desk.catalogue import DEEDS
from tests.desk.subjects import (
    banking,
    bills,
    books,
    commission,
    contracts,
    credit,
    customers,
    house,
    plans,
    quotes,
    rates,
    usage,
)
from tests.staff import Book

# Name of an act -> what its address names.
Keys = dict[str, object]

AREAS: Sequence[Callable[[Book], Keys]] = (
    customers.of,
    contracts.of,
    quotes.of,
    commission.of,
    credit.of,
    bills.of,
    banking.of,
    usage.of,
    rates.of,
    plans.of,
    house.of,
    books.of,
)


def of(book: Book) -> Keys:
    """Make what the acts are about, in a book. Each can be opened by who may."""
    found: Keys = {}
    for area in AREAS:
        made = area(book)
        twice = sorted(found.keys() & made.keys())
        assert not twice, f"More than one file of tests/desk/subjects says what is meant: {twice}."
        found |= made
    check(found)
    return found


def check(found: Keys) -> None:
    """Each act that is about something has a subject, and no other."""
    keyed = {deed.name for deed in DEEDS if deed.keyed}
    missing = sorted(keyed - found.keys())
    assert not missing, f"Say in tests/desk/subjects what these acts are about: {missing}."
    unknown = sorted(found.keys() - keyed)
    assert not unknown, f"No act that is about something has these names: {unknown}."
