"""Does the sharing of one embedded PostgreSQL server among all processes of the program.

Whoever comes first makes and starts it; whoever leaves last stops it. Users are counted by a shared
lock on a file, which the kernel frees even if a process is killed, so the count is never wrong. A
server that outlived its last user, because that one was killed, is found and used again.

For trials, tests and development on one machine: no passwords, one unix socket, no network.
Why it is our own and what it costs: docs/decisions/0003-embedded-postgresql.md.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured

from creditops.database import cluster
from creditops.database import place as places
from creditops.database.place import Place
from creditops.database.roles import APP, DATABASE, OWNER
from creditops.database.unavailable import Unavailable

__all__ = ["APP", "DATABASE", "OWNER", "Unavailable", "attach", "connection", "detach", "revive"]

# Making the first server takes a second or two, recovering a killed one longer.
GATE_SECONDS_MAX = 120
_PAUSE_SECONDS = 0.02

# The servers this process uses: data folder -> the open file whose shared lock counts us.
_used: dict[Path, int] = {}
_for_the_child: dict[Path, int] = {}
_guard = threading.RLock()


def connection(data: Path, user: str) -> dict[str, Any]:
    """Django's settings for a connection to the server of a data folder. Starts nothing.

    Args:
        data: the data folder, CREDITOPS_DATA.
        user: the role to log in as, `APP` or `OWNER`.

    Returns NAME, USER, HOST (the socket's folder), PORT, and EMBEDDED, the data folder, by which
    `creditops/database/base.py` knows which server to start.
    """
    place = places.of(data)
    return {
        "NAME": DATABASE,
        "USER": user,
        "HOST": str(place.sockets),
        "PORT": str(places.PORT),
        "EMBEDDED": str(data),
    }


def attach(data: Path, *, debug: bool) -> None:
    """Use the server of a data folder from now on until this process ends; start it if need be.

    Args:
        data: the data folder.
        debug: whether the program runs with DEBUG on. Without passwords and meant for one machine,
            the server refuses to serve anything else.

    Raises ImproperlyConfigured if `debug` is false, Unavailable if the server cannot be had.
    """
    with _guard:
        if data in _used:
            return
        if not debug:
            raise ImproperlyConfigured(
                "The embedded database serves trials and tests only, and DEBUG is off. Set "
                "DATABASE_URL to a PostgreSQL 15 or later."
            )
        place = places.of(data)
        places.make_data_folder(place)
        with _gate(place):
            places.make(place)
        users = _open(place.users)
        try:
            _enter(place, users)
        except BaseException:
            _leave(place, users)
            raise
        _used[data] = users
        _leave_at_exit()


def revive(data: Path) -> None:
    """Start the server of a data folder again if it died while we used it.

    Raises Unavailable if it cannot be brought to answer.
    """
    place = places.of(data)
    with _guard, _gate(place):
        cluster.ensure_running(place)


def detach(data: Path) -> bool:
    """Use the server of a data folder no longer; the last user stops it.

    Returns whether that was us. Raises Unavailable if it does not stop.
    """
    with _guard:
        users = _used.pop(data, None)
        return users is not None and _leave(places.of(data), users)


def _enter(place: Place, users: int) -> None:
    with _gate(place):
        fcntl.flock(users, fcntl.LOCK_SH)
        cluster.ensure_running(place)


def _leave(place: Place, users: int) -> bool:
    try:
        # Where the files were removed, the server ends by itself within a minute.
        with suppress(FileNotFoundError), _gate(place):
            if _is_last(place, users):
                cluster.stop(place)
                return True
        return False
    finally:
        os.close(users)


def _is_last(place: Place, users: int) -> bool:
    """Whether nobody else uses the server. A data folder that was removed and made anew under us
    has a new lock file, and its server is not ours to stop."""
    if not os.path.samestat(os.fstat(users), place.users.stat()):
        return False
    return _locked(users, fcntl.LOCK_EX)


@contextmanager
def _gate(place: Place) -> Iterator[None]:
    """Hold the right to start and stop the server: one process at a time."""
    gate = _open(place.gate)
    try:
        deadline = time.monotonic() + GATE_SECONDS_MAX
        while not _locked(gate, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Another process has been starting or stopping the embedded database for "
                    f"{GATE_SECONDS_MAX} s. See {place.log}, or who holds {place.gate} (fuser)."
                )
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(gate)


def _locked(file: int, kind: int) -> bool:
    """Whether we got the lock, without waiting for it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    # Python's files are closed in programs we start: the server must not hold its users' lock.
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _leave_at_exit() -> None:
    """Stop as the last user even when asked to end by SIGTERM, which skips Python's exit."""
    atexit.unregister(_leave_all)
    atexit.register(_leave_all)
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _leave_all() -> None:
    for data in list(_used):
        try:
            detach(data)
        except Unavailable as error:
            print(error, file=sys.stderr)


def _before_fork() -> None:
    """Count a child to come as a user of its own. Those who inherit a file share its lock, which
    would end with the first of them; so each child gets a file, locked before it is born."""
    _guard.acquire()
    for data in _used:
        with suppress(OSError):
            file = _open(places.of(data).users)
            _locked(file, fcntl.LOCK_SH)
            _for_the_child[data] = file


def _after_fork_in_parent() -> None:
    for file in _for_the_child.values():
        os.close(file)
    _for_the_child.clear()
    _guard.release()


def _after_fork_in_child() -> None:
    for inherited in _used.values():
        os.close(inherited)
    _used.clear()
    _used.update(_for_the_child)
    _for_the_child.clear()
    _guard.release()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
