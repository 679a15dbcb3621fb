"""Answers where the embedded server keeps its files, its socket and its locks."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from creditops.database import system_user
from creditops.database.system_user import SystemUser
from creditops.database.unavailable import Unavailable

PORT = 5432  # names the socket file; no network port is opened
SOCKET = f".s.PGSQL.{PORT}"

# One try at a server that may hang.
CONNECT_SECONDS_MAX = 5

# The kernel takes socket addresses of 108 bytes on Linux and 104 on macOS.
SOCKET_PATH_BYTES_MAX = 100
# Not $TMPDIR: it differs from shell to shell, and every process must find the same socket.
SHORT_FOLDER = Path("/tmp")  # noqa: S108 - only private folders with a checked owner are made here
# Where the files go when root's data folder cannot be reached by the server's own user.
REACHABLE_FOLDER = Path("/var/tmp")  # noqa: S108 - as above
# A comma parts several addresses from each other, for the server and its clients alike.
_PLAIN = re.compile(r"[\w./@+-]+", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where one embedded server lives. Everything follows from the data folder alone."""

    data: Path
    home: Path
    sockets: Path
    user: SystemUser

    @property
    def cluster(self) -> Path:
        """The server's data directory."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"

    @property
    def gate(self) -> Path:
        """The file whose lock whoever starts or stops the server holds."""
        return self.data / "database.gate"

    @property
    def users(self) -> Path:
        """The file whose lock everyone who uses the server shares."""
        return self.data / "database.users"

    @property
    def moved(self) -> bool:
        """Whether the files stand outside the data folder, for the server's user to reach them."""
        return self.data not in self.home.parents

    def address(self, database: str, *, user: str) -> str:
        """How libpq is told to reach `database` as the role `user`."""
        return make_conninfo(
            host=str(self.sockets),
            port=PORT,
            dbname=database,
            user=user,
            connect_timeout=CONNECT_SECONDS_MAX,
        )

    @property
    def exists(self) -> bool:
        """Whether a server was made here; it may be running or not."""
        return (self.cluster / "PG_VERSION").is_file()


def of(data: Path) -> Place:
    """The place of the server whose data folder is `data`. Touches nothing.

    Raises Unavailable if root finds no user to run a server.
    """
    data = Path(os.path.realpath(data))
    home = data / "postgresql"
    user = system_user.of_server(home)
    if not user.reaches(data):
        home = REACHABLE_FOLDER / _name(data)
        user = system_user.of_server(home)
    sockets = home if _fits(home) else SHORT_FOLDER / _name(data)
    return Place(data=data, home=home, sockets=sockets, user=user)


def make(place: Place) -> None:
    """Make the folders of `place`, open to the server's user alone. Whoever calls holds the gate:
    a folder that is made and not yet given to its user would look like somebody else's.

    Raises Unavailable if one of them is there and belongs to somebody else.
    """
    make_data_folder(place)
    for folder in {place.home, place.sockets}:
        make_private(folder, place.user)


def make_private(folder: Path, user: SystemUser) -> None:
    """Make `folder` for `user` alone, or check that it is just that.

    Raises Unavailable if it is there as somebody else's: in a folder open to all, anybody could
    have put it there to be trusted.
    """
    try:
        folder.mkdir(mode=0o700)
        if user.uid != os.geteuid():
            os.chown(folder, user.uid, user.gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != user.uid:
            raise Unavailable(
                f"{folder} should be a folder of the system user {user.name} and is not. Start "
                "the program as the user who made it, set CREDITOPS_DATA to a folder of your own, "
                "or remove it if you know it."
            ) from None


def make_data_folder(place: Place) -> None:
    """Make the data folder so that the server's user can walk through it, whatever the umask.

    Raises Unavailable if it is there and not ours to write to.
    """
    missing = [folder for folder in (place.data, *place.data.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    if not os.access(place.data, os.W_OK | os.X_OK):
        raise Unavailable(
            f"The data folder {place.data} is not yours to write to. Set CREDITOPS_DATA to a "
            "folder of your own, or start the program as its owner."
        )


def _fits(folder: Path) -> bool:
    address = os.fsencode(folder / SOCKET)
    return len(address) <= SOCKET_PATH_BYTES_MAX and bool(_PLAIN.fullmatch(str(folder)))


def _name(data: Path) -> str:
    return f"creditops-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"
