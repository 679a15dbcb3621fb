"""A whole machine of the product, as a customer's programs meet it, whose parts are killed at random."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from creditops.environment import ROOT
from tests.database.processes import kill_server

STARTS_SECONDS_MAX = 120
_PAUSE_SECONDS = 0.1


class Machine:
    """The web server, the worker and the database of one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        elsewhere = {"DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL"}
        kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
        self.environment = {
            **kept, "CREDITOPS_DATA": str(data), "DJANGO_SETTINGS_MODULE": "creditops.settings",
        }  # fmt: skip
        self.killed: dict[str, int] = {}
        self._parts: dict[str, subprocess.Popen[bytes]] = {}
        # Holds the database all along, as `up` does: nobody stops it when a part goes.
        self._log = (data.parent / "soak.log").open("ab")

    def manage(self, *arguments: str) -> str:
        """What `manage.py` prints to these arguments, which must go well."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def start(self) -> None:
        """Start web server and worker, and wait until the first answers."""
        for part in ("web", "worker"):
            self._start(part)
        self.wait()

    def wait(self) -> None:
        """Wait until it can serve: a machine that never comes back would only prove that."""
        deadline = time.monotonic() + STARTS_SECONDS_MAX
        while not self._answers():
            assert time.monotonic() < deadline, "the web server does not answer"
            time.sleep(_PAUSE_SECONDS)

    def stop(self) -> None:
        """Kill what is left."""
        for process in self._parts.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._log.close()

    def kill_something(self, random: Random) -> None:
        """Kill one part without a word, and start it again where nobody else would."""
        victims: dict[str, Callable[[], None]] = {
            "web process": self._kill_a_web_process,
            "web server": lambda: self._kill("web"),
            "worker": lambda: self._kill("worker"),
            "database": lambda: self._kill_database(),
        }
        name = random.choice([*victims, "database"])
        victims[name]()
        self.killed[name] = self.killed.get(name, 0) + 1

    def ask(
        self, method: str, path: str, key: str, body: object = None, *, patience: float = 30
    ) -> tuple[int, Mapping[str, Any]]:
        """Status and body of an answer. Raises OSError or HTTPException where none comes."""
        link = http.client.HTTPConnection("localhost", self.port, timeout=patience)
        try:
            head = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            link.request(method, f"/api/v1{path}", json.dumps(body) if body else None, head)
            answer = link.getresponse()
            text = answer.read()
            try:
                return answer.status, json.loads(text)
            except ValueError:
                return answer.status, {}
        finally:
            link.close()

    def _start(self, part: str) -> None:
        commands = {
            "web": [
                "gunicorn", "creditops.wsgi", f"--bind=127.0.0.1:{self.port}",
                "--worker-class=gthread", "--workers=2", "--threads=4", "--no-control-socket",
            ],
            "worker": [
                "celery", "--app=creditops.celery", "--quiet", "worker", "--beat",
                f"--schedule={self.data.parent / 'beat'}", "--pool=threads", "--concurrency=2",
                "--loglevel=warning", "--without-gossip", "--without-mingle",
            ],
        }  # fmt: skip
        self._parts[part] = subprocess.Popen(
            [sys.executable, "-m", *commands[part]],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=self._log, start_new_session=True,
        )  # fmt: skip

    def _kill(self, part: str) -> None:
        process = self._parts[part]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._start(part)

    def _kill_a_web_process(self) -> None:
        """The server starts another in its place."""
        children = Path(f"/proc/{self._parts['web'].pid}/task/{self._parts['web'].pid}/children")
        with suppress(FileNotFoundError, ProcessLookupError):
            numbers = children.read_text().split()
            if numbers:
                os.kill(int(numbers[0]), signal.SIGKILL)

    def _kill_database(self) -> None:
        """Whoever uses it next starts it again."""
        with suppress(AssertionError, ProcessLookupError):
            kill_server(self.data)

    def _answers(self) -> bool:
        link = http.client.HTTPConnection("localhost", self.port, timeout=5)
        try:
            link.request("GET", "/readyz")
            return link.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()
