"""Every address that the program answers, found in its URLs, and what of the book to fill it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Person
from creditops.lib.models import Approval
from ledger.models import Hold, UsageException
from tests.staff import Book

MACHINES = ("healthz", "readyz")
API = "api/v1/"
ADMIN = "admin/"
# The framework's own: left out because they have no page of ours behind them.
FRAMEWORK = (
    "admin/jsi18n/",
    "admin/login/",
    "admin/logout/",
    "admin/r/<path:content_type_id>",
    "admin/^(?P<app_label>",
    "logout/",
)
_ANYTHING = "admin/(?P<url>.*)$"


@dataclass(frozen=True)
class Page:
    """An address as the URLs write it, and a real one of its kind in the book."""

    route: str
    path: str


def routes() -> list[str]:
    """Every route of the program, models' admin pages left out (`models`)."""
    per_model = tuple(_home(model) for model in models())
    return [
        route
        for route in _walk(get_resolver())
        if not route.startswith((*per_model, *FRAMEWORK)) or _special(route)
    ]


def models() -> list[type[Model]]:
    """The models that have pages in the admin."""
    return sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


def home(model: type[Model]) -> str:
    """The address of a model's list."""
    return "/" + _home(model)


def page(route: str, book: Book) -> Page:
    """The page behind a route, about a row that is there. A new kind of address fails here."""
    if route == _ANYTHING:
        return Page("admin/(anything else)", "/admin/nothing-here")
    path = "/" + route
    for sign, value in _fillings(route, book).items():
        path = path.replace(sign, str(value))
    assert "<" not in path, f"Say in tests/doors/addresses.py what fills {route}."
    return Page(route, path)


def _fillings(route: str, book: Book) -> dict[str, object]:
    """What stands for `<...>` in a route, by the nouns around it."""
    event = f"{book.event.customer_id}-{book.event.id}"
    hold = f"{book.event.customer_id}-{_first(Hold)}"
    keys = {
        "customer": "acme", "contract": book.contract.code, "renewal": book.contract.code,
        "rate": "standard", "lift-cap": book.contract.code, "bill": book.contract.code,
        "let-in-exception": _first(UsageException), "write-off": _first(UsageException),
        "let-in": "acme", "credits": "acme", "sign-contract": "acme", "payment": book.invoice.number,
        "usage/": event, "decide": _first(Approval), "setting": "books/overage_pct",
        "revoke-key": "product",
    }  # fmt: skip
    named = [word for word in keys if word in route]
    key = keys[max(named, key=len)] if named else ""
    return {
        "<str:customer>": "acme", "<str:card>": "standard", "<str:contract>": book.contract.code,
        "<slug:uid>": event, "<str:uid>": event, "<str:hold>": hold,
        "<slug:number>": book.invoice.number, "<str:number>": book.invoice.number,
        "<int:exception>": _first(UsageException), "<int:approval>": _first(Approval),
        "<int:key>": 1, "<id>": _first(Person),
        "<str:period>": "2026-05", "<str:code>": key, "<path:key>": key,
    }  # fmt: skip


def _first(model: type[Model]) -> object:
    """The key of a row; None where the book has none, which no address then needs."""
    return model._default_manager.values_list("pk", flat=True).first()


def _home(model: type[Model]) -> str:
    return f"admin/{model._meta.app_label}/{model._meta.model_name}/"


def _special(route: str) -> bool:
    """Pages of a model beside list, form, history and deletion."""
    return route.endswith("/password/")


def _walk(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _walk(pattern, route)
