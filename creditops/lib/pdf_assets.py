"""Answers WeasyPrint's requests for files: the vendored ones by their names, nothing else, ever.

Imports WeasyPrint, which needs pango and seconds: only `pdf` imports this, and only to render.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from django.conf import settings
from weasyprint.urls import URLFetcher, URLFetcherResponse

# What a template may name (`src: url("asset:Inter-Regular.ttf")`), and where it lies.
ASSETS = {
    "asset:Inter-Regular.ttf": "static/fonts/Inter-Regular.ttf",
    "asset:Inter-SemiBold.ttf": "static/fonts/Inter-SemiBold.ttf",
}


class Vendored(URLFetcher):  # type: ignore[misc]
    """Hands out the assets from memory. Files, networks and data URLs are refused alike (W-01).

    `own`: what a document brings along, by its name: the seller's logo.
    """

    def __init__(self, own: Mapping[str, bytes] = MappingProxyType({})) -> None:
        super().__init__()
        self.own = own

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The asset of that name. Raises ValueError for every other URL: the page goes without."""
        if url in self.own:
            return URLFetcherResponse(url, self.own[url])
        if url not in ASSETS:
            raise ValueError(f"documents fetch nothing, and so not {url[:200]!r}")
        return URLFetcherResponse(url, _content(ASSETS[url]))


@cache
def _content(path: str) -> bytes:
    content: bytes = (settings.BASE_DIR / path).read_bytes()
    return content
