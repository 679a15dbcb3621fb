"""A book to look at, staff of every role, and a clock that stands still."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.roles import Role
from creditops.lib import clock
from tests import staff
from tests.staff import NOW, Book


@pytest.fixture(autouse=True)
def _doors(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    """The doors' clock stands still, behind no TLS."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


@pytest.fixture
def book(db: None) -> Book:
    """Acme, its contract, its open invoice, one event of 300 credits."""
    return staff.book()


@pytest.fixture
def root(db: None) -> Client:
    """The superuser's browser."""
    return staff.as_(staff.person(None))


@pytest.fixture
def fiona(db: None) -> Client:
    """The controller's browser."""
    return staff.as_(staff.person(Role.CONTROLLER))


@pytest.fixture
def sam(db: None) -> Client:
    """The sales rep's browser."""
    return staff.as_(staff.person(Role.SALES_REP))


@pytest.fixture
def auditor(db: None) -> Client:
    """The browser of somebody who may look at everything and do nothing."""
    return staff.as_(staff.person(Role.AUDITOR))
