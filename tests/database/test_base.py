"""Django's way to the embedded server: started by the first connection, and by nothing else."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from creditops.database import embedded
from creditops.database.base import DatabaseWrapper
from creditops.environment import ROOT
from tests.database.processes import kill_server, server_of

# The connections here are none of those that Django watches in tests.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def elsewhere(used_data: Path) -> Iterator[DatabaseWrapper]:
    """A connection to an embedded server of the test's own."""
    address = embedded.connection(used_data, user=embedded.APP)
    wrapper = DatabaseWrapper({**connection.settings_dict, **address}, "elsewhere")
    yield wrapper
    wrapper.close()
    embedded.detach(used_data)


def test_the_first_connection_starts_the_server(elsewhere: DatabaseWrapper, used_data: Path):
    assert server_of(used_data) is None

    elsewhere.ensure_connection()

    assert server_of(used_data) is not None


def test_a_connection_after_the_server_was_killed_starts_it_again(
    elsewhere: DatabaseWrapper, used_data: Path
):
    elsewhere.ensure_connection()
    killed = kill_server(used_data)
    elsewhere.close()

    elsewhere.ensure_connection()

    assert server_of(used_data) not in (None, killed)


def test_without_debug_no_connection_is_made(
    elsewhere: DatabaseWrapper, used_data: Path, monkeypatch: pytest.MonkeyPatch
):
    in_earnest = dataclasses.replace(settings.ENVIRONMENT, debug=False)
    monkeypatch.setattr(settings, "ENVIRONMENT", in_earnest)

    with pytest.raises(ImproperlyConfigured, match="The embedded database serves trials"):
        elsewhere.ensure_connection()

    assert server_of(used_data) is None


@pytest.mark.parametrize("command", ["check", "help"])
def test_a_command_that_asks_nothing_of_the_database_starts_no_server(data: Path, command: str):
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env={**kept, "CREDITOPS_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        check=True,
    )

    assert not (data / "postgresql").exists()
    assert not (data / "database.users").exists()
