"""Does what the tests do to processes: start users of an embedded server, find them, kill them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from creditops.database import leftovers, place

SECONDS_MAX = 60


class User:
    """A process that uses the embedded server of a folder."""

    def __init__(self, data: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.database.user_of_server", str(data), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def answer(self) -> str:
        """The next line it says."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def ready(self) -> User:
        """This user, once it is attached."""
        said = self.answer()
        assert said == "ready", f"{said} {self.errors()}"
        return self

    def asked(self, word: str) -> str:
        """What it answers to a word."""
        assert self.process.stdin
        print(word, file=self.process.stdin, flush=True)
        return self.answer()

    def leave(self) -> None:
        """Have it end in peace."""
        assert self.process.stdin
        with suppress(BrokenPipeError):
            print("leave", file=self.process.stdin, flush=True)
            self.process.stdin.close()
        self.process.wait(SECONDS_MAX)

    def signalled(self, number: int) -> int:
        """Its exit status after a signal to it and all it started."""
        os.killpg(self.process.pid, number)
        return self.process.wait(SECONDS_MAX)

    def errors(self) -> str:
        """What it said to stderr until it ended."""
        assert self.process.stderr
        self.process.wait(SECONDS_MAX)
        return self.process.stderr.read()


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder below the temporary one, open to all, removed with any server in it."""
    folder = Path(tempfile.mkdtemp(prefix="creditops-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        kill_all_below(folder)
        shutil.rmtree(folder)


def kill_all_below(folder: Path) -> None:
    """Kill every process that stands in `folder` or below it."""
    for pid in processes_below(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def processes_below(folder: Path) -> list[int]:
    """The processes that stand in `folder` or below it: servers and their sessions."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if Path(os.readlink(entry / "cwd")).is_relative_to(folder):
                found.append(int(entry.name))
    return found


def server_of(data: Path) -> int | None:
    """The process number of the server of a data folder, if one lives."""
    return leftovers.server(place.of(data))


def kill_server(data: Path) -> int:
    """Kill the server as the kernel would when memory runs out; returns its number."""
    pid = server_of(data)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + SECONDS_MAX
    while server_of(data) == pid and time.monotonic() < deadline:
        time.sleep(0.01)
    return pid


def wait_for_state(pid: int, state: str) -> None:
    """Wait until the kernel says `state` of a process: Z for one that is dead and not reaped."""
    stat = Path(f"/proc/{pid}/stat")
    deadline = time.monotonic() + SECONDS_MAX
    while state not in (said := stat.read_text().rpartition(")")[2]):
        assert time.monotonic() < deadline, said
        time.sleep(0.01)
