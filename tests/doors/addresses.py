"""Every address that the program answers, found in its URLs, and what of the book to fill it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Person
from contracts.models import (
    CommissionDispute,
    CommissionStatement,
    PlanCharge,
    Quote,
    QuoteVersion,
    RateCampaign,
    RateDraft,
)
from creditops.lib import setting_requests
from creditops.lib.models import Approval
from invoicing.models import BankLine, CreditNote
from ledger.models import Block, DailyGrant, Hold, UsageException
from tests.staff import Book

MACHINES = ("healthz", "readyz", "metrics")
API = "api/v1/"
ADMIN = "admin/"
# The secret of the link to the quote in the book.
LINK = "known"
# The framework's own: left out because they have no page of ours behind them.
FRAMEWORK = (
    "admin/jsi18n/",
    "admin/login/",
    "admin/logout/",
    "admin/r/<path:content_type_id>",
    "admin/^(?P<app_label>",
    "logout/",
)
# Whose commission is asked for.
REP = "sales-rep@vendor.example"
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
    rep = f"2026/{REP}"
    keys = {
        "customer": "acme", "contract": book.contract.code, "renewal": book.contract.code,
        "rate": "standard", "lift-cap": book.contract.code, "bill": book.contract.code,
        "let-in-exception": _first(UsageException), "write-off": _first(UsageException),
        "let-in-exceptions": f"ids={_first(UsageException)}",
        "write-off-exceptions": f"ids={_first(UsageException)}",
        "close-backfill": "spring", "withdraw-pack": "USD/small",
        "quote_new": "acme", "quote": _quote(), "quote-renewal": book.contract.code,
        "reverse-backfill": "spring",
        "let-in": "acme", "credits": "acme", "sign-contract": "acme", "payment": book.invoice.number,
        "usage/": event, "decide": _first(Approval), "agree": _setting_request(),
        "setting": "books/overage_pct",
        "revoke-key": "product", "void-invoice": book.invoice.number,
        "credit-note": book.invoice.number, "write-off-invoice": book.invoice.number,
        "record-choice": book.contract.code, "unlock-feature": "acme", "charge-licences": "acme",
        "release-hold": hold, "end-daily": f"{book.event.customer_id}-{_first(DailyGrant)}",
        "take-back-credits": f"{book.event.customer_id}-{_first(Block)}",
        "estimate-breakage": f"{book.event.customer_id}-{_first(Block)}",
        "check-tax-id": "acme", "record-exemption": "acme",
        **dict.fromkeys(
            ("agree-commission", "reassign-contract", "restate-commission"), book.contract.code
        ),
        "commission/": rep, "commission_csv": rep, "freeze-statement": rep,
        "dispute-commission": rep, "pay-commission": _first(CommissionStatement),
        "answer-dispute": _first(CommissionDispute), "commission-plan": "standard",
        "-draft": _first(RateDraft), "start-draft": "standard",
        "-campaign": _first(RateCampaign), "offer-choice": "standard", "-action": "email",
        "choices": f"{_first(RateCampaign)}-{book.contract.holder_id}",
        "sell-plan": "starter", "start-subscription": "acme", "change-plan": "S-1",
        "cancel-subscription": "S-1", "keep-subscription": "S-1", "retry-card": "S-1",
        "plans/": "starter", "packs/": "small", "subscriptions/": "S-1",
        "pay-plan-charge": _first(PlanCharge),
        "begin-close": "2026-05", "close-month": "2026-05", "reopen-month": "2026-05",
        "let-pass": "2026-05/exceptions", "close_of": "2026-05", "change-account": "4000",
        "estimate-cohort": "standard:12:2026",
        "desk/report/": "deferred", "desk/report_file": "deferred.csv",
        "give-back": book.contract.code, "use-option": "none", "rights": "none",
        "record-receipt": "acme", "apply-receipt": "spare-wire", "pay-back": "spare-wire",
        "open-dispute": book.invoice.number, "settle-dispute": book.invoice.number,
        "bill-interest": book.invoice.number, "charge-card": book.invoice.number,
        "place-bank-line": _first(BankLine), "name-account": "1000", "desk/export/": "2026-05-csv",
        "new-invoice": "acme", "meter-cost": "translation", "refund": _note(), "desk/note": _note(),
    }  # fmt: skip
    named = [word for word in keys if word in route]
    key = keys[max(named, key=len)] if named else ""
    return {
        "<str:customer>": "acme", "<str:card>": "standard", "<str:contract>": book.contract.code,
        "<slug:uid>": event, "<slug:key>": key, "<str:uid>": event, "<str:hold>": hold,
        "<slug:number>": _note() if "note" in route else _receipt(route, book),
        "<str:number>": key if "desk/note" in route else book.invoice.number,
        "<str:note>": _note(), "<str:quote>": _quote(), "<str:secret>": LINK,
        "<int:exception>": _first(UsageException), "<int:approval>": _first(Approval),
        "<int:key>": _numbered(route), "<str:version>": "2",
        "<id>": _first(Person),
        "<str:period>": "2026-05", "<str:code>": key, "<path:key>": key,
        "<str:option>": "none", "<str:block>": _first(Block), "<str:subscription>": "S-1",
        "<str:key>": key, "<str:name>": key, "<str:plan>": "growth",
    }  # fmt: skip


def _receipt(route: str, book: Book) -> str:
    """The number of the book's invoice, or of a receipt of it, which is not paid."""
    return f"{book.invoice.number}{'-R1' if 'receipt' in route else ''}"


def _numbered(route: str) -> object:
    """What has a number and no name: a version of a quote, a campaign, a draft of rates."""
    of = {
        "frozen": CommissionStatement,
        "quote": QuoteVersion,
        "campaign": RateCampaign,
        "draft": RateDraft,
    }
    return next((_first(model) for word, model in of.items() if word in route), 1)


def _quote() -> str:
    """The code of the quote in the book."""
    return Quote.objects.get().code


def _note() -> str:
    """The number of the credit note in the book."""
    return str(CreditNote.objects.values_list("number", flat=True).get())


def _first(model: type[Model]) -> object:
    """The key of a row; None where the book has none, which no address then needs."""
    return model._default_manager.values_list("pk", flat=True).first()


def _setting_request() -> object:
    """The key of a change of a setting that waits."""
    waiting = Approval.objects.filter(kind=setting_requests.KIND)
    return waiting.values_list("pk", flat=True).first()


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
