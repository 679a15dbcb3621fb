"""What every test of the ledger stands on: afterwards the books are sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

pytest.register_assert_rewrite("tests.ledger.two_books")

from creditops.lib import binary  # noqa: E402
from tests.ledger import soundness  # noqa: E402


@pytest.fixture
def sent_beside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that go around Django."""
    found: list[str] = []
    for name in ("rows", "run", "copy"):
        usual = getattr(binary, name)

        def noting(*args: object, usual: Any = usual, **parameters: object) -> object:
            found.append(str(args[:2]))
            return usual(*args, **parameters)

        monkeypatch.setattr(binary, name, noting)
    return found


@pytest.fixture
def books_break() -> None:
    """Asked for by a test that breaks the books on purpose: a negative control."""


@pytest.fixture(autouse=True)
def books_are_sound_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that touches the database: entries balance, blocks add up, lines are chains."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None:
        yield
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    yield
    if "books_break" in request.fixturenames or connection.needs_rollback:
        return
    assert soundness.faults() == []
