"""Answers which pages of the roof a row of the admin leads to, and what may be done with it there.

Floors do not know the desk. At start the desk says what it offers for a model (`offer`), for its list
(`offer_on_list`) and where the name of a row leads (`opens`); the admin pages show it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from creditops.lib import verbs


@dataclass(frozen=True)
class Offer:
    """A button on a row's page or above a list.

    Attributes:
        title: what it does, as a verb: Record a payment.
        icon: of Material Symbols.
        verb: who may, as in `verbs.may`; empty: everybody on the staff.
        address: where it leads from a row (None from a list); returns None where it makes no sense.
    """

    title: str
    icon: str
    verb: str
    address: Callable[[Any], str | None]


_of_rows: dict[type[Model], list[Offer]] = {}
_of_lists: dict[type[Model], list[Offer]] = {}
_pages: dict[type[Model], Callable[[Any], str | None]] = {}


def offer(model: type[Model], *offers: Offer) -> None:
    """Show these on the page of every row of `model`."""
    _of_rows.setdefault(model, []).extend(offers)


def offer_on_list(model: type[Model], *offers: Offer) -> None:
    """Show these above the list of `model`."""
    _of_lists.setdefault(model, []).extend(offers)


def opens(model: type[Model], address: Callable[[Any], str | None]) -> None:
    """Lead from the name of a row of `model` there, instead of to its admin page."""
    _pages[model] = address


def page_of(row: Model) -> str | None:
    """The page that the name of `row` leads to, if the desk has one."""
    address = _pages.get(type(row))
    return address(row) if address else None


def of_row(row: Model, user: Any) -> list[dict[str, str]]:
    """What `user` may do with `row`: buttons with title, icon and path."""
    return _shown(_of_rows.get(type(row), []), row, user)


def of_list(model: type[Model], user: Any) -> list[dict[str, str]]:
    """What `user` may do above the list of `model`."""
    return _shown(_of_lists.get(model, []), None, user)


def _shown(offers: list[Offer], row: Model | None, user: Any) -> list[dict[str, str]]:
    found = [(o, o.address(row)) for o in offers if verbs.may(user, o.verb)]
    return [{"title": o.title, "icon": o.icon, "path": path} for o, path in found if path]
