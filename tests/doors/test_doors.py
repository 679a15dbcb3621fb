"""Who may open which door: every address, every caller, against tables that are read in reviews.

A new address without a row fails, and so does an answer that changed. Rows are written anew with
`UPDATE_DOORS=1 make test ARGS=tests/doors`; what changed is then read like code.
"""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client

from creditops.lib import clock
from tests.doors import addresses, callers, table
from tests.staff import NOW, Book


@pytest.fixture
def book(db: None, monkeypatch: pytest.MonkeyPatch, settings) -> Book:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    # Only who is let in counts here: what a page says is told by the tests of that page.
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    cache.clear()
    return callers.book()


def test_the_api_answers_each_key_as_the_table_says(book):
    routes = [route for route in addresses.routes() if route.startswith(addresses.API)]

    found = _answers(routes, callers.programs(book), book, send="application/json")

    table.compare(
        "programs",
        found,
        "Status of each address of the API by the key's scopes, an empty JSON body sent.",
    )


def test_pages_open_to_people_as_the_table_says(book):
    mine = [route for route in addresses.routes() if not route.startswith(addresses.API)]

    found = _answers(mine, callers.browsers(book), book)

    table.compare(
        "people",
        found,
        "Status of each page by who is logged in, an empty form sent. 302: to the login.",
    )


@pytest.mark.slow
def test_models_pages_open_to_staff_as_the_table_says(book):
    browsers = callers.browsers(book)
    found = {}
    for model in addresses.models():
        # What even a superuser may not, nobody is asked to try.
        attempts = _opened(browsers["superuser"], _attempts(model))
        found[model._meta.label] = {
            name: " ".join(_opened(browser, attempts)) or "-" for name, browser in browsers.items()
        }

    table.compare(
        "rows", found, "What the admin lets each do with a model's rows: see, add, change, delete."
    )


def _answers(
    routes, clients: dict[str, Client], book: Book, send: str | None = None
) -> table.Cells:
    """The status of GET and POST at every route for every client; nothing that is done stays."""
    found: table.Cells = {}
    for page in (addresses.page(route, book) for route in routes):
        for method in ("GET", "POST"):
            answers = {
                name: _knock(client, method, page.path, send) for name, client in clients.items()
            }
            if "405" not in answers.values():  # whoever may everything is told that it is no door
                found[f"{method:<4} /{page.route}"] = answers
    return found


def _knock(client: Client, method: str, path: str, send: str | None = None) -> str:
    with transaction.atomic():
        body = {"data": "{}", "content_type": send} if send and method == "POST" else {}
        status = client.generic(method, path, **body).status_code
        transaction.set_rollback(True)
    return str(status)


def _attempts(model) -> dict[str, tuple[str, str]]:
    """Verb -> method and address of a model's pages; the last three only where a row is there."""
    home = addresses.home(model)
    attempts = {"see": ("GET", home), "add": ("POST", f"{home}add/")}
    row = model._default_manager.first()
    if row is not None:
        key = f"{row.customer_id}-{row.pk}" if admin.site._registry[model].hot else row.pk
        attempts["open"] = ("GET", f"{home}{key}/change/")
        attempts["change"] = ("POST", f"{home}{key}/change/")
        attempts["delete"] = ("POST", f"{home}{key}/delete/")
    return attempts


def _opened(browser: Client, attempts: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """The attempts that are not refused."""
    return {
        verb: (how, path) for verb, (how, path) in attempts.items() if _opens(browser, how, path)
    }


def _opens(browser: Client, method: str, path: str) -> bool:
    with transaction.atomic():
        answer = browser.generic(method, path)
        transaction.set_rollback(True)
    to_login = answer.status_code == 302 and "/login/?next=" in answer.url
    return answer.status_code in (200, 302) and not to_login
