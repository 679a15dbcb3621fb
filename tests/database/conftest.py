"""Folders for embedded servers, and processes that use them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.database.processes import SECONDS_MAX, User, kill_all_below, reachable_folder


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder, not yet made, that every system user can reach."""
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="module")
def _used_data() -> Iterator[Path]:
    with reachable_folder() as folder:
        User(folder / "data").ready().leave()
        yield folder / "data"


@pytest.fixture
def used_data(_used_data: Path) -> Iterator[Path]:
    """A data folder with a server that was used before and is stopped."""
    yield _used_data
    kill_all_below(_used_data)


@pytest.fixture
def use() -> Iterator[Callable[..., User]]:
    """Starts a process that uses the server of a folder; none outlives the test."""
    started: list[User] = []

    def start(data: Path, *options: str) -> User:
        started.append(User(data, *options))
        return started[-1]

    yield start
    for user in started:
        with suppress(ProcessLookupError):
            os.killpg(user.process.pid, signal.SIGKILL)
        user.process.wait(SECONDS_MAX)
        for pipe in (user.process.stdin, user.process.stdout, user.process.stderr):
            if pipe:
                pipe.close()
