"""Columns of money that is kept in the books' currency, on rows that name none."""

from __future__ import annotations

from creditops.lib import clock
from creditops.lib.admin_columns import Column, amount, named
from ledger import books


def of_books_money(name: str, label: str) -> Column:
    """A column of minor units of the books' currency."""

    def show(row: object) -> str:
        return amount(getattr(row, name), books.current(clock.now()).currency)

    return named(f"{name}_in_the_books", label, show, name)
