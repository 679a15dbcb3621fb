"""How a browser does an act of the desk: types, reads the confirmation, confirms."""

from __future__ import annotations

from django.http import HttpResponse
from django.test import Client

from creditops.desk import addresses


def rehearse(client: Client, name: str, key: object = None, /, **typed) -> HttpResponse:
    """Send the form; the answer is the confirmation, or the form with what is wrong."""
    return client.post(addresses.of(name, key), typed)


def do(client: Client, name: str, key: object = None, /, **typed) -> HttpResponse:
    """Confirm what is typed; follows to the page that says what was written."""
    return client.post(addresses.of(name, key), {**typed, "step": "do"}, follow=True)


def said(response: HttpResponse) -> list[str]:
    """The messages on the page."""
    return [str(message) for message in response.context["messages"]]


def errors(response: HttpResponse) -> list[str]:
    """What the form says above itself."""
    return list(response.context["form"].non_field_errors())


def changes(response: HttpResponse) -> dict[str, tuple[str, str]]:
    """The figures of a confirmation: label -> (now, then)."""
    effect = response.context["effect"]
    return {change.label: (change.before, change.after) for change in effect.changes}
