"""Does the cleaning up after a server that was killed, so that a new one can start.

PostgreSQL trusts the number in `postmaster.pid`: a dead server whose number was given to another
process, or that nobody has reaped (a container without init), would keep the next one out for ever.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from creditops.database.place import SOCKET, Place

_PROCESSES = Path("/proc")
_DELETED = " (deleted)"  # how Linux marks a folder that a process stands in and that is gone


@dataclass(frozen=True)
class _Lock:
    """What a server writes into its lock files: its process and its data directory."""

    pid: int
    cluster: str


def server(place: Place) -> int | None:
    """The process number of the server of `place`, if it lives: not dead, not a zombie, not some
    other program that got the number."""
    lock = _read(place.cluster / "postmaster.pid")
    return lock.pid if lock and _is_server(lock.pid, place.cluster) else None


def orphan(place: Place) -> int | None:
    """The process number of a server that still holds the socket though its files were removed."""
    lock = _read(place.sockets / f"{SOCKET}.lock")
    if lock is None or lock.cluster != str(place.cluster):
        return None
    return lock.pid if _is_server(lock.pid, place.cluster) else None


def clear(place: Place) -> None:
    """Remove the files and processes that a dead server left in `place`.

    Only for whoever holds the gate, and only when `server` and `orphan` find nothing. Both lock
    files go: the socket's own would keep a server out just as `postmaster.pid` does.
    """
    for stale in (place.cluster / "postmaster.pid", *place.sockets.glob(f"{SOCKET}*")):
        stale.unlink(missing_ok=True)
    for pid in _standing_in(place.cluster):
        # A session that is busy notices late that its server is dead, and holds the shared memory.
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGQUIT)


def _read(path: Path) -> _Lock | None:
    try:
        pid, cluster = path.read_text().splitlines()[:2]
        return _Lock(pid=int(pid), cluster=cluster)
    except (OSError, ValueError):
        return None


def _is_server(pid: int, cluster: Path) -> bool:
    if not _PROCESSES.is_dir():
        asked = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout  # noqa: S603
        return "postgres" in said and not said.startswith("Z")
    if not _is_living_postgres(pid):
        return False
    try:
        return _folder(pid) == str(cluster)
    except PermissionError:  # root in a container without ptrace: the name must do
        return True
    except FileNotFoundError:
        return False


def _is_living_postgres(pid: int) -> bool:
    try:
        before, _, after = (_PROCESSES / str(pid) / "stat").read_text().rpartition(")")
    except OSError:
        return False
    return before.partition("(")[2] == "postgres" and not after.lstrip().startswith("Z")


def _folder(pid: int) -> str:
    return os.readlink(_PROCESSES / str(pid) / "cwd").removesuffix(_DELETED)


def _standing_in(cluster: Path) -> list[int]:
    """The processes of a server that work in the data directory: itself and its sessions."""
    found = []
    for entry in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            pid = int(entry.name)
            if _folder(pid) == str(cluster) and _is_living_postgres(pid):
                found.append(pid)
    return found
