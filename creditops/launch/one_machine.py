"""Does `up`: everything on one machine, in order, with a line for every step."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Protocol

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.db import OperationalError, connection, connections

from creditops.database import embedded
from creditops.launch import welcome
from creditops.launch.children import Child, wait_for_the_first

READY_SECONDS_MAX = 60
WEB_PROCESSES = 2
WEB_THREADS = 4
WORKER_THREADS = 2
_PAUSE_SECONDS = 0.1


class Say(Protocol):
    """Writes for the person who watches: a line, or its beginning."""

    def __call__(self, text: str, *, ending: str = "\n") -> None: ...


def run(*, host: str, port: int, demo: bool, say: Say) -> None:
    """Bring everything up, serve until told to stop, take everything down.

    Args:
        host: the address to listen on.
        port: its port.
        demo: whether to seed the demo book.
        say: takes each line for the person who watches.

    Returns when it was stopped by a signal. Raises CommandError, in one sentence, if a step fails
    or a part ends by itself; nothing is left running then either.
    """
    _require_free(host, port)
    # Stopped in this order: first nobody asks any more, then the work in hand is finished.
    children = [_web(host, port), _worker()]
    try:
        _obey_signals(children)
        _prepare(demo, say)
        _start(host, port, children, say)
        for line in welcome.lines(_address(host, port), _letters()):
            say(line)
        connections.close_all()
        ended = wait_for_the_first(children)
        raise CommandError(
            f"The {ended.name} ended by itself with status {ended.status}; its last words are "
            "above. Everything else was stopped too."
        )
    except KeyboardInterrupt:
        say("")
    finally:
        _stop(children, say)


def _prepare(demo: bool, say: Say) -> None:
    with _step("Database", say):
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(str(error)) from error
    with _step("Tables", say):
        call_command("migrate", interactive=False, verbosity=0)
    if demo and "demo" in get_commands():
        say("Demo book, a year of usage played month by month:")
        call_command("demo")
    # The children open their own.
    connections.close_all()


def _start(host: str, port: int, children: list[Child], say: Say) -> None:
    environment = {"DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
    if os.geteuid() == 0:
        # Celery warns root of what a pickled message could do; ours are JSON.
        environment["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser"
    with _step("Web server and worker", say):
        for child in children:
            child.start(environment)
        _wait_until_it_answers(host, port, children)


def _web(host: str, port: int) -> Child:
    return Child(
        "web server",
        "gunicorn",
        "creditops.wsgi",
        f"--bind={f'[{host}]' if ':' in host else host}:{port}",
        "--worker-class=gthread",
        f"--workers={WEB_PROCESSES}",
        f"--threads={WEB_THREADS}",
        "--log-level=warning",
        "--no-control-socket",
    )


def _worker() -> Child:
    return Child(
        "worker",
        "celery",
        "--app=creditops.celery",
        "--quiet",
        "worker",
        "--beat",
        "--pool=threads",
        f"--concurrency={WORKER_THREADS}",
        "--loglevel=warning",
        "--without-gossip",
        "--without-mingle",
        stopping="it finishes what it has in hand; five seconds or so",
    )


def _wait_until_it_answers(host: str, port: int, children: list[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not _answers(host, port):
        for child in children:
            if child.status is not None:
                raise CommandError(
                    f"The {child.name} did not start (status {child.status}); its last words are "
                    "above."
                )
        if time.monotonic() > deadline:
            raise CommandError(
                f"The web server has not answered for {READY_SECONDS_MAX} s; its last words are "
                "above. Try `make doctor`."
            )
        time.sleep(_PAUSE_SECONDS)


def _answers(host: str, port: int) -> bool:
    link = http.client.HTTPConnection(_reached_at(host), port, timeout=READY_SECONDS_MAX)
    name = next((name for name in settings.ALLOWED_HOSTS if name[0] not in ".*"), host)
    try:
        link.request("GET", "/healthz", headers={"Host": name})
        return link.getresponse().status < http.HTTPStatus.BAD_REQUEST
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def _stop(children: list[Child], say: Say) -> None:
    for child in children:
        if child.started:
            say(f"Stopping the {child.name} ..." + f" ({child.stopping})" * bool(child.stopping))
            child.stop()
    connections.close_all()
    data = settings.DATABASES["default"].get("EMBEDDED")
    if data is not None and embedded.detach(Path(data)):
        say("Stopped the database.")
    say("Nothing is left running.")


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be had: {error.strerror}. Stop what listens there, "
                f"or choose another: python manage.py up --port {port + 1}"
            ) from error


@contextmanager
def _step(name: str, say: Say) -> Iterator[None]:
    say(f"{name} ... ", ending="")
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f"ready ({time.monotonic() - begun:.1f} s)")


def _obey_signals(children: list[Child]) -> None:
    """The first signal to end interrupts what we do; further ones end the children at once."""
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise KeyboardInterrupt
        for child in children:
            child.kill()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _letters() -> Path | None:
    """The folder of letters, where they are files."""
    in_files = settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")
    return Path(settings.EMAIL_FILE_PATH) if in_files else None


def _address(host: str, port: int) -> str:
    name = _reached_at(host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def _reached_at(host: str) -> str:
    return "localhost" if host in {"0.0.0.0", "127.0.0.1", "::", "::1"} else host  # noqa: S104
