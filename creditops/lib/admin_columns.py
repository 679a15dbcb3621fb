"""Answers how a field of a row is shown to people: credits, money, instants, links; in list and page.

A function made here is a column of a list and a line of a page alike. Those whose name ends with
`_figure` are set to the right, in figures of equal width, by `static/desk/desk.css`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from creditops.lib import money, offers

Column = Callable[[Any], Any]

NOTHING = "–"
# Whole numbers that are names of something, not amounts: they get no thousands separators.
_NAMES = ("_id", "id", "no", "number", "year", "seq", "version", "position", "day")


def amount(minor: int | None, currency: str) -> str:
    """Money in a column: always with the currency's decimals, so that points stand below points."""
    return NOTHING if minor is None else money.for_people(minor, currency)


def count(number: int | None) -> str:
    """Credits or a number of things, with thousands separators."""
    return NOTHING if number is None else f"{number:,}"


def instant(at: datetime | None) -> str:
    """An instant with its zone, to the second where it has one."""
    if at is None:
        return NOTHING
    at = at.astimezone(UTC)
    shown = f"{at:%Y-%m-%d %H:%M:%S}" if at.second or at.microsecond else f"{at:%Y-%m-%d %H:%M}"
    return format_html(
        '<time datetime="{}">{}<span class="zone"> UTC</span></time>', at.isoformat(), shown
    )


def tag(text: str, tone: str = "") -> str:
    """A status as a small label; `tone` is good, warn, bad, or nothing."""
    return format_html('<span class="tag {}">{}</span>', tone, text)


def day(on: date | None) -> str:
    """A date, as it sorts."""
    return NOTHING if on is None else on.isoformat()


def named(name: str, label: str, show: Column, order: str | None = None) -> Column:
    """A column that shows what `show` says of a row.

    Args:
        name: for the style sheet; `..._figure` is set to the right.
        label: its head.
        show: from the row to text or safe HTML.
        order: the lookup that sorts it; None: it does not sort.
    """

    def column(row: Any) -> Any:
        return show(row)

    column.__name__ = name
    column.short_description = label  # type: ignore[attr-defined]
    column.admin_order_field = order  # type: ignore[attr-defined]
    return column


def of_money(name: str, label: str = "", currency: str = "currency") -> Column:
    """A column of minor units; `currency` is the path from the row to theirs: `invoice.currency`."""

    def show(row: Any) -> str:
        return amount(getattr(row, name), _reach(row, currency))

    return named(f"{name}_figure", label or _label(name.removesuffix("_minor")), show, name)


def of_count(name: str, label: str = "") -> Column:
    """A column of credits, or of a number of things."""
    return named(
        f"{name}_figure", label or _label(name), lambda row: count(getattr(row, name)), name
    )


def of_row(name: str, label: str = "") -> Column:
    """A column that names a related row and leads to its page."""
    return named(f"{name}_link", label or _label(name), lambda row: link(getattr(row, name)), name)


def of_name(model: type[models.Model], name: Any) -> Column | None:
    """A column that names a related row without leading to it; None where `name` is no such row."""
    field = getattr(model, name, None) if isinstance(name, str) else None
    if not isinstance(getattr(field, "field", None), models.ForeignKey):
        return None
    return named(f"{name}_name", _label(name), lambda row: str(getattr(row, name) or NOTHING), name)


def link(row: models.Model | None, words: str = "") -> str:
    """The name of a row, or other words, leading to its page."""
    if row is None:
        return NOTHING
    address, said = address_of(row), words or str(row)
    return said if address is None else format_html('<a href="{}">{}</a>', address, said)


def address_of(row: models.Model) -> str | None:
    """Where the name of a row leads: the desk's page of it, else its page in the admin."""
    found = offers.page_of(row)
    if found is not None:
        return found
    try:
        return reverse(
            f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(key(row))]
        )
    except NoReverseMatch:
        return None


def key(row: models.Model) -> str:
    """What names a row in an address: `<customer>-<id>` where that is its key, else its id."""
    return f"{row.customer_id}-{row.pk}" if is_hot(type(row)) else str(row.pk)  # type: ignore[attr-defined]


def is_hot(model: type[models.Model]) -> bool:
    """Whether the database keys a model by customer and id, as its admin says (`HotRowAdmin`)."""
    return bool(getattr(admin.site._registry.get(model), "hot", False))


@cache
def of(model: type[models.Model], name: str) -> Column | str:
    """The column that shows a field as its kind asks for; a name that is no such field stays."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    label = capfirst(str(getattr(field, "verbose_name", name)))
    if name.endswith("_minor"):
        return of_money(name)
    if isinstance(field, models.ForeignKey):
        return of_row(name, label)
    if isinstance(field, models.DateTimeField):
        return named(f"{name}_instant", label, lambda row: instant(getattr(row, name)), name)
    if isinstance(field, models.DateField):
        return named(f"{name}_day", label, lambda row: day(getattr(row, name)), name)
    if isinstance(field, models.BooleanField):
        return named(
            f"{name}_yes", label, lambda row: "yes" if getattr(row, name) else NOTHING, name
        )
    if isinstance(field, models.IntegerField) and not field.choices and not _is_name(name):
        return of_count(name, label)
    return name


def _is_name(name: str) -> bool:
    return name in _NAMES or name.endswith(("_id", "_no"))


def _label(name: str) -> str:
    return capfirst(name.replace("_", " "))


def _reach(row: Any, path: str) -> Any:
    for step in path.split("."):
        row = getattr(row, step)
    return row
