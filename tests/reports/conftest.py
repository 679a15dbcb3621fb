"""A book to report on, and a clock that stands still."""

from __future__ import annotations

import pytest

from creditops.lib import clock
from tests import staff
from tests.staff import NOW, Book


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def book(db: None) -> Book:
    """Acme, its contract, its open invoice, one event of 300 credits."""
    return staff.book()
