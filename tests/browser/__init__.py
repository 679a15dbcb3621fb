"""Does the opening of a real browser for tests: its pages tell what went wrong in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = {"desktop": (1440, 900), "phone": (390, 844)}
_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@contextmanager
def opened(home: str, width: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A page of a new browser; skips the test where there is no Chromium.

    Args:
        home: the address of the server, the only one that pages may ask.
        width: "desktop" or "phone".

    The page's list `wrong` takes errors of scripts and styles, dialogs, and requests elsewhere.
    """
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    # Playwright's own loop runs in this thread; Django would take it for an asynchronous view.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    across, down = WIDTHS[width]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=_QUIET.split())
        page: Any = browser.new_page(viewport={"width": across, "height": down})
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("dialog", lambda dialog: (page.wrong.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda said: _note(page, said))
        page.on("request", lambda asked: _stay(page, asked, home))
        yield page
        browser.close()


def faults(page: Any) -> tuple[list[str], int]:
    """What went wrong so far, and by how many pixels the page is wider than the window."""
    page.wait_for_load_state("networkidle")
    too_wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return page.wrong, too_wide


NO_FAULTS: tuple[list[str], int] = ([], 0)


def _note(page: Any, said: Any) -> None:
    if said.type == "error":
        page.wrong.append(said.text)


def _stay(page: Any, asked: Any, home: str) -> None:
    if not asked.url.startswith((home, "data:", "blob:")):
        page.wrong.append(asked.url)
