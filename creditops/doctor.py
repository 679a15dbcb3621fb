"""Answers what this machine has of what the program needs, and what to type where it has not."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from kombu.exceptions import OperationalError

from creditops import broker
from creditops.celery import app
from creditops.database import binaries, place
from creditops.database.system_user import of_server
from creditops.database.unavailable import Unavailable

PYTHON_OLDEST = (3, 11)
POSTGRESQL_OLDEST = 15
PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, what was found, what to type if it is missing."""

    subject: str
    found: str
    remedy: str = ""
    needed: bool = True

    @property
    def healthy(self) -> bool:
        """Whether nothing is to be done."""
        return not self.remedy


def findings() -> Iterator[Finding]:
    """Look at everything, one thing after the other. Starts no server and changes nothing."""
    looks: list[Callable[[], Finding]] = [
        _python,
        _virtual_environment,
        _data_folder,
        _postgresql,
        _broker,
        _pango,
        _fonts,
        _browser,
        _npm,
    ]
    for look in looks:
        yield look()


def _python() -> Finding:
    old = sys.version_info < PYTHON_OLDEST
    remedy = "install Python 3.11 or later, then: make clean run PYTHON=python3.11" if old else ""
    return Finding("Python", platform.python_version(), remedy)


def _virtual_environment() -> Finding:
    if sys.prefix == sys.base_prefix:
        return Finding("virtual environment", "this Python is the system's", "make run")
    return Finding("virtual environment", sys.prefix)


def _data_folder() -> Finding:
    data: Path = settings.CREDITOPS_DATA
    probe = data / f".doctor-{platform.node()}"
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        remedy = "set CREDITOPS_DATA to a folder of your own"
        return Finding("data folder", f"{data}: {error.strerror}", remedy)
    free = shutil.disk_usage(data).free // 2**30
    return Finding("data folder", f"{data}, {free} GiB free")


def _postgresql() -> Finding:
    database = settings.DATABASES["default"]
    if "EMBEDDED" in database:
        return _embedded(Path(database["EMBEDDED"]))
    address = f"{database['HOST']}:{database['PORT'] or place.PORT}"
    try:
        major = _major()
    except Error as error:
        remedy = "start it, or correct DATABASE_URL; for the roles: make database-roles"
        return Finding("PostgreSQL", str(error).strip(), remedy)
    if major < POSTGRESQL_OLDEST:
        remedy = f"use PostgreSQL {POSTGRESQL_OLDEST} or later"
        return Finding("PostgreSQL", f"{major} at {address}", remedy)
    return Finding("PostgreSQL", f"{major} at {address}")


def _major() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchall()[0][0]) // 10_000


def _embedded(data: Path) -> Finding:
    try:
        chosen = binaries.newest()
        user = of_server(place.of(data).home)
    except Unavailable as error:
        return Finding("PostgreSQL", str(error), "make run")
    version = ".".join(str(part) for part in chosen.version)
    return Finding("PostgreSQL", f"{version}, embedded, as system user {user.name}")


def _broker() -> Finding:
    if settings.CELERY_BROKER_URL == broker.FILESYSTEM:
        return Finding("broker", "a folder below the data folder")
    with app.connection_for_write(connect_timeout=broker.CONNECT_SECONDS_MAX) as link:
        address = link.as_uri()
        try:
            link.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            link.default_channel  # noqa: B018 - a channel is what really connects
        except (OperationalError, OSError) as error:
            remedy = "start it, or correct CELERY_BROKER_URL"
            return Finding("broker", f"{address}: {error}", remedy)
    return Finding("broker", address)


def _pango() -> Finding:
    """Ask in another Python: a half-loaded library would stay with this one."""
    asked = [sys.executable, "-c", "import weasyprint; print(weasyprint.__version__)"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    if said.returncode == 0:
        return Finding("PDF", f"WeasyPrint {said.stdout.strip()} with pango")
    remedy = f"sudo apt-get install -y {PANGO} (macOS: brew install pango)"
    return Finding("PDF", "pango is missing: no invoice can be made as PDF", remedy)


def _fonts() -> Finding:
    ours = list((settings.BASE_DIR / "static").rglob("*.[ot]tf"))
    if ours:
        return Finding("fonts", f"{len(ours)} of our own")
    # Where fontconfig, and so pango, finds any on Linux and macOS.
    folders = [
        Path(folder) for folder in ("/usr/share/fonts", "/usr/local/share/fonts", "/Library")
    ]
    if any(True for folder in folders for _ in folder.rglob("*.[ot]tf")):
        return Finding("fonts", "the system's")
    remedy = "sudo apt-get install -y fonts-dejavu-core"
    return Finding("fonts", "none found: PDFs may show boxes for letters", remedy)


def _npm() -> Finding:
    found = shutil.which("npm")
    if found:
        return Finding("tests of JavaScript clients", found)
    remedy = "sudo apt-get install -y npm"
    return Finding(
        "tests of JavaScript clients", "npm is missing, so they are skipped", remedy, needed=False
    )


def _browser() -> Finding:
    found = shutil.which("chromium")
    if found:
        return Finding("browser tests", found)
    remedy = "sudo apt-get install -y chromium"
    return Finding(
        "browser tests", "chromium is missing, so they are skipped", remedy, needed=False
    )
