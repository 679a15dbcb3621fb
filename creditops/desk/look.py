"""Answers how the staff's pages look: colours, style sheets, the line below the name."""

from __future__ import annotations

from django.http import HttpRequest
from django.templatetags.static import static

from ledger.models import BookSettings


def colours(request: HttpRequest) -> dict[str, str]:
    """The accent in its shades; the same blue as in the pictures and the portal."""
    return {
        "50": "#eff4ff",
        "100": "#dbe6fe",
        "200": "#bfd2fd",
        "300": "#93b4fb",
        "400": "#86a8ff",
        "500": "#4d7bea",
        "600": "#2456c7",
        "700": "#1d469f",
        "800": "#1b3b80",
        "900": "#1b3467",
        "950": "#142143",
    }


def style_sheet(request: HttpRequest) -> str:
    """Our own style sheet."""
    return static("desk/desk.css")


def picture_sheet(request: HttpRequest) -> str:
    """The style sheet of the pictures."""
    return static("pictures/pictures.css")


def mark(request: HttpRequest) -> str:
    """The mark of the product, as the portal has it."""
    return static("portal/mark.svg")


def script(request: HttpRequest) -> str:
    """Our own script: summaries that follow what is typed."""
    return static("desk/desk.js")


def books(request: HttpRequest) -> str:
    """Which books these are: their currency and zone."""
    current = BookSettings.objects.first()
    return (
        "Books not opened yet" if current is None else f"{current.currency} · {current.time_zone}"
    )
