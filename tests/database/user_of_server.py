"""Does what any process of the program does with the embedded server, in a process to be killed.

`python -m tests.database.user_of_server FOLDER [--fork] [--reaps-nothing]` attaches, says `ready`
and then obeys one word a line: `ask` runs a query, `revive` heals the server, `leave` ends.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

import psycopg

from creditops.database import embedded

PR_SET_CHILD_SUBREAPER = 36


def ask(data: Path) -> str:
    """The role and the start of the server, as one line."""
    settings = embedded.connection(data, user=embedded.APP)
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        dbname=settings["NAME"],
    ) as connection:
        found = connection.execute("SELECT current_user, pg_postmaster_start_time()::text")
        return " ".join(found.fetchone() or ())


def main() -> None:
    # Who runs the tests in the background of a shell has SIGINT ignored, and hands that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    data = Path(sys.argv[1])
    if "--reaps-nothing" in sys.argv:
        # The server becomes our child, as in a container whose first process reaps nobody.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    embedded.attach(data, debug="--no-debug" not in sys.argv)
    if "--fork" in sys.argv and os.fork() > 0:
        sys.exit()  # the parent leaves, its child goes on
    print("ready", flush=True)
    for line in sys.stdin:
        if line == "leave\n":
            break
        if line == "revive\n":
            embedded.revive(data)
        print(ask(data), flush=True)


if __name__ == "__main__":
    main()
