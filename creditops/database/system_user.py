"""Answers as which system user the embedded server runs.

PostgreSQL refuses to run as root. Where root starts the program (a container, a bare machine) the
server runs as one of the users below; everybody else runs it as themselves.
"""

from __future__ import annotations

import os
import pwd
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditops.database.unavailable import Unavailable

# In order of preference: Debian's own, the one other tools on the same wheel make, any system's.
INSTEAD_OF_ROOT = ("postgres", "pgserver", "nobody")


@dataclass(frozen=True)
class SystemUser:
    """A user of this machine, by name, number and main group."""

    name: str
    uid: int
    gid: int

    def process_options(self) -> dict[str, Any]:
        """What `subprocess.run` needs to run a program as this user; nothing if that is us."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Whether this user may walk to `path`, or to its nearest parent that exists."""
        there = next(parent for parent in (path, *path.parents) if parent.exists())
        return all(self._may_enter(folder) for folder in (there, *there.parents))

    def _may_enter(self, path: Path) -> bool:
        found = path.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def of_server(home: Path) -> SystemUser:
    """The user that runs, or shall run, the server whose files lie in `home`.

    Args:
        home: the server's folder; it need not exist yet.

    A folder that is there keeps the user it was made for, even if a better one came along since.
    Raises Unavailable if root has none of `INSTEAD_OF_ROOT` to hand the server to.
    """
    if os.geteuid() != 0:
        return _user(pwd.getpwuid(os.geteuid()))
    found = [_user(entry) for entry in _entries()]
    if not found:
        raise Unavailable(
            "PostgreSQL does not run as root, and this machine has none of the users "
            f"{', '.join(INSTEAD_OF_ROOT)}. Make one (useradd --system postgres), or start the "
            "program as another user."
        )
    with suppress(FileNotFoundError, PermissionError):
        owner = home.stat().st_uid
        return next((user for user in found if user.uid == owner), found[0])
    return found[0]


def _entries() -> list[pwd.struct_passwd]:
    entries = []
    for name in INSTEAD_OF_ROOT:
        with suppress(KeyError):
            entries.append(pwd.getpwnam(name))
    return entries


def _user(entry: pwd.struct_passwd) -> SystemUser:
    return SystemUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
