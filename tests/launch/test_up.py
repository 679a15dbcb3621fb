"""`manage.py up`: everything on one machine, and nothing of it left behind."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from creditops.environment import ROOT
from tests.database.processes import SECONDS_MAX, User, processes_below, reachable_folder

pytestmark = pytest.mark.slow


class Up:
    """A running `manage.py up` on an embedded database of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(self.port)],
            cwd=ROOT,
            env=environment(data),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []

    def read_until(self, text: str) -> None:
        """Read its lines up to the one that holds `text`."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if text in line:
                return
        raise AssertionError("\n".join(self.said))

    def ended(self) -> int:
        """Its exit status, its last lines read."""
        assert self.process.stdout
        self.said += self.process.stdout.read().splitlines()
        return self.process.wait(SECONDS_MAX)

    def children(self) -> dict[str, int]:
        """The processes of the program that run on this data folder: what they run, and number."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"CREDITOPS_DATA={self.data}".encode() in (entry / "environ").read_bytes():
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[re.sub(r"^\S*python\S* ", "", command)] = int(entry.name)
        return found


def environment(data: Path) -> dict[str, str]:
    """Ours, on the embedded database in `data`."""
    elsewhere = {"DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL", "CREDITOPS_DATA"}
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return {**kept, "CREDITOPS_DATA": str(data), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.fixture
def up(data: Path) -> Iterator[Up]:
    running = Up(data)
    yield running
    for pid in running.children().values():
        os.kill(pid, signal.SIGKILL)
    running.process.wait(SECONDS_MAX)
    assert running.process.stdout
    running.process.stdout.close()


def test_ctrl_c_stops_web_worker_and_database_in_order_and_leaves_nothing(up: Up, data: Path):
    up.read_until("Ctrl-C stops everything")
    address = http.client.HTTPConnection("localhost", up.port, timeout=SECONDS_MAX)
    address.request("GET", "/readyz")
    assert json.load(address.getresponse()) == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "broker": "ok",
    }

    os.killpg(up.process.pid, signal.SIGINT)

    assert up.ended() == 0
    assert [line for line in up.said if line.startswith(("Stop", "Nothing"))] == [
        "Stopping the web server ...",
        "Stopping the worker ... (it finishes what it has in hand; five seconds or so)",
        "Stopped the database.",
        "Nothing is left running.",
    ]
    assert [line for line in up.said if re.fullmatch(r".* \.\.\. ready \(\d+\.\d s\)", line)]
    assert up.children() == {}
    assert processes_below(data) == []


def test_a_part_that_dies_is_named_and_stops_everything(up: Up, data: Path):
    up.read_until("Ctrl-C stops everything")
    worker = min(pid for command, pid in up.children().items() if "celery" in command)

    os.kill(worker, signal.SIGKILL)

    assert up.ended() == 1
    assert (
        "CommandError: The worker ended by itself with status -9; its last words are above. "
        "Everything else was stopped too." in up.said
    )
    assert up.children() == {}
    assert processes_below(data) == []


def test_being_killed_takes_the_parts_along_and_the_next_user_stops_the_server(up: Up, data: Path):
    up.read_until("Ctrl-C stops everything")

    up.process.kill()

    wait_until_gone(up)
    User(data).ready().leave()
    assert processes_below(data) == []


def test_being_told_to_end_before_it_is_up_leaves_nothing(up: Up, data: Path):
    up.read_until("Database ... ready")

    up.process.terminate()

    assert up.ended() == 0
    assert up.said[-1] == "Nothing is left running."
    assert up.children() == {}
    assert processes_below(data) == []


def test_a_port_that_is_taken_is_said_before_anything_starts(data: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = subprocess.run(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=ROOT,
            env=environment(data),
            capture_output=True,
            text=True,
            check=False,
        )

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        f"CommandError: Port {port} on 127.0.0.1 cannot be had: Address already in use. Stop what "
        f"listens there, or choose another: python manage.py up --port {port + 1}\n"
    )


def wait_until_gone(up: Up) -> None:
    """Until no process of `up` is left, or too much time has passed."""
    deadline = time.monotonic() + SECONDS_MAX
    while up.children() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert up.children() == {}
