"""Does the starting, healing and stopping of the embedded server. Whoever calls holds the gate."""

from __future__ import annotations

import os
import shlex
import signal
import time
from contextlib import suppress

import psycopg
from psycopg.pq import Ping

from creditops.database import binaries, leftovers, making, place
from creditops.database.place import PORT, Place
from creditops.database.unavailable import Unavailable

# Long enough for the recovery of a server that was killed under load.
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30
# Sessions of a killed server hold its memory until they notice.
START_TRIES_MAX = 20
_RETRY_SECONDS = 0.5
_PAUSE_SECONDS = 0.01

LOG_BYTES_MAX = 5 * 1024 * 1024
_LOG_LINES_SHOWN = 5


def ensure_running(where: Place) -> None:
    """Make the server of `where` answer: make it, heal it, start it, whatever is missing.

    Raises Unavailable if it cannot be brought to answer.
    """
    place.make(where)
    if making.belongs_to_a_removed_data_folder(where):
        stop(where)
        making.remove(where)
    if not (where.exists and _answers(where)):
        _start(where)
    making.complete(where)


def stop(where: Place) -> None:
    """Stop the server of `where`, ending its sessions; kill it if it takes more than
    `STOP_SECONDS_MAX`. Nothing to do is fine."""
    pid = leftovers.server(where)
    if pid is not None:
        _end(where, pid)


def _answers(where: Place) -> bool:
    """Whether the server is there for us; one that comes or goes is waited for.

    Asked by a try to connect: a process number proves nothing (`leftovers`).
    """
    address = where.address("postgres", user=making.SUPERUSER).encode()
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        ping = psycopg.pq.PGconn.ping(address)
        if ping == Ping.OK:
            return True
        if ping != Ping.REJECT and leftovers.server(where) is None:
            return False
        time.sleep(_PAUSE_SECONDS)
    raise Unavailable(
        f"The embedded database in {where.home} runs as process {leftovers.server(where)} but has "
        f"not answered for {START_SECONDS_MAX} s. See {where.log}; end that process and try again."
    )


def _start(where: Place) -> None:
    chosen = binaries.newest(major=_major(where) if where.exists else None)
    usable = binaries.reachable(chosen, where.user)
    _evict_orphan(where)
    leftovers.clear(where)
    if not where.exists:
        making.make(where, usable)
    _bound_log(where)
    for _ in range(START_TRIES_MAX):
        said = usable.run(where, "pg_ctl", *_start_options(where))
        if said.returncode == 0:
            return
        if "shared memory block" not in _end_of_log(where):
            break
        time.sleep(_RETRY_SECONDS)
    raise Unavailable(
        f"The embedded database in {where.home} did not start: {_end_of_log(where)} "
        f"The whole log is {where.log}."
    )


def _start_options(where: Place) -> list[str]:
    server = ["-D", str(where.cluster), "-k", str(where.sockets), "-p", str(PORT)]
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    for name, value in settings.items():
        server += ["-c", f"{name}={value}"]
    # pg_ctl hands the options to a shell, and would hand on its own -D unquoted.
    wait = ["start", "--wait", "--timeout", str(START_SECONDS_MAX), "--silent"]
    return [*wait, "--log", str(where.log), "--options", shlex.join(server)]


def _evict_orphan(where: Place) -> None:
    """End a server whose files were removed under it; PostgreSQL itself notices after a minute."""
    pid = leftovers.orphan(where)
    if pid is not None:
        _end(where, pid, politely=False)


def _end(where: Place, pid: int, *, politely: bool = True) -> None:
    """End the server `pid`: by closing its sessions, or at once."""
    for asked in (signal.SIGINT, signal.SIGQUIT) if politely else (signal.SIGQUIT,):
        with suppress(ProcessLookupError):
            os.kill(pid, asked)
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while time.monotonic() < deadline:
            if pid not in (leftovers.server(where), leftovers.orphan(where)):
                return
            time.sleep(_PAUSE_SECONDS)
    raise Unavailable(f"The embedded database, process {pid}, does not stop. See {where.log}.")


def _major(where: Place) -> int:
    return int((where.cluster / "PG_VERSION").read_text())


def _bound_log(where: Place) -> None:
    if where.log.exists() and where.log.stat().st_size > LOG_BYTES_MAX:
        where.log.replace(where.log.with_suffix(".old.log"))


def _end_of_log(where: Place) -> str:
    if not where.log.exists():
        return "it left no log."
    return " ".join(where.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:])
