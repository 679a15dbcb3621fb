"""What all tests stand on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from tests import databases

# No example fails for being slow on a busy machine; HYPOTHESIS_PROFILE=search tries thousands.
_unhurried = hypothesis.settings(
    deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("unhurried", _unhurried)
hypothesis.settings.register_profile("search", _unhurried, max_examples=5_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unhurried"))

# Files of minutes come first, so that nothing long begins when all else is done.
LONG = (
    "tests/close/test_random_books.py",
    "tests/doors/test_doors.py",
    "tests/browser/",
    "tests/soak/",
    "tests/ledger/test_against_oracle.py",
    "tests/test_admin.py",
    "tests/broker/",
)

# Tests of minutes that want nothing of their file's others: any worker that is free takes the next.
ALONE = "test_a_planted_fault_is_noticed"


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker) -> Iterator[None]:
    """In place of pytest-django's: the database is a copy of a migrated template (`databases`)."""
    with django_db_blocker.unblock(), databases.made():
        yield


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # its package has no types
    """A file of tests at a time, so that races inside one have the server's connections alone."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if ALONE in nodeid else super()._split_scope(nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes minutes first (with `--no-loadscope-reorder`, workers keep to this order)."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """How tests are shared out side by side."""
    return Scheduling(config, log)
