"""How tests read a PDF, and what attackers put into the texts that it prints."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pypdf import PdfReader

from creditops.lib import pdf_assets

CANARY = "canary-9f3c"

# W-01: each once got a file into a PDF, or a request out of the house. {file} holds the canary.
HOSTILE_HTML = (
    '<link rel=attachment href="file://{file}">',
    '<a rel=attachment href="file://{file}">x</a>',
    '<img src="http://127.0.0.1:9/canary">',
    '<img src="file://{file}">',
    '<link rel=stylesheet href="http://127.0.0.1:9/canary.css">',
    '<style>@import url("http://127.0.0.1:9/canary.css");</style>',
    '<style>body{background:url("file://{file}")}</style>',
    '<svg><image href="file://{file}"/></svg>',
    '<object data="file://{file}"></object>',
    '<base href="file:///etc/"><img src="hostname">',
    '<img src="http://127.0.0.1:9/redirect?to=file://{file}">',
)

# W-02: what would be a template, were it read as one.
HOSTILE_TEMPLATES = ("{{7*7}}", '{% include "/etc/passwd" %}', "{% debug %}", "${7*7}")


def opened(content: Any) -> Any:
    """A PDF, given by its bytes, as pypdf reads it."""
    return PdfReader(io.BytesIO(content))


def pages(content: Any) -> list[str]:
    """The text of each page, without the places where lines were broken."""
    return [" ".join(page.extract_text().split()) for page in opened(content).pages]


def text(content: Any) -> str:
    """The text of all pages."""
    return " ".join(pages(content))


def fonts(content: Any) -> set[str]:
    """The names of the fonts embedded, without their subset's tag."""
    return {
        str(font.get_object()["/BaseFont"]).split("+")[1]
        for page in opened(content).pages
        for font in page["/Resources"]["/Font"].values()
    }


def attachments(content: Any) -> list[str]:
    """The names of the files attached."""
    return list(opened(content).attachments)


@contextmanager
def recorded_requests(monkeypatch) -> Iterator[list[str]]:
    """What documents ask the fetcher for while the block runs."""
    asked: list[str] = []
    fetch = pdf_assets.Vendored.fetch

    def record(self, url, headers=None):
        asked.append(url)
        return fetch(self, url, headers)

    with monkeypatch.context() as patched:
        patched.setattr(pdf_assets.Vendored, "fetch", record)
        yield asked
