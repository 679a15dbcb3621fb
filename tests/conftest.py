"""What all tests stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import databases


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker) -> Iterator[None]:
    """In place of pytest-django's: the database is a copy of a migrated template (`databases`)."""
    with django_db_blocker.unblock(), databases.made():
        yield
