"""Does the starting, watching and stopping of the processes that `up` is made of."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

# The worker lets its clock tick once more before it ends, five seconds at most.
STOP_SECONDS_MAX = 20
_PAUSE_SECONDS = 0.2
_PR_SET_PDEATHSIG = 1


class Child:
    """A process of ours, in a process group of its own: a Ctrl-C in the terminal reaches `up`
    alone, which then stops its children one after the other."""

    def __init__(self, name: str, module: str, *arguments: str, stopping: str = "") -> None:
        """Describe a child; `start` starts it.

        Args:
            name: how the lines for people call it.
            module: the Python module to run.
            arguments: its command line.
            stopping: what people may want to know while they wait for its end.
        """
        self.name = name
        self.stopping = stopping
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it with these environment variables beside ours."""
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            self._command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )

    @property
    def started(self) -> bool:
        """Whether it was started."""
        return self._process is not None

    @property
    def status(self) -> int | None:
        """Its exit status, below zero the signal that killed it; None while it runs."""
        return self._process.poll() if self._process else None

    def stop(self) -> None:
        """Ask it to end and wait; after `STOP_SECONDS_MAX` kill it with all that it started."""
        if self._process is None:
            return
        if self.status is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS_MAX)
        self.kill()
        self._process.wait()

    def kill(self) -> None:
        """End it, and whatever of it is left, at once. Waits for nothing, so a signal's handler
        may call it."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def wait_for_the_first(children: list[Child]) -> Child:
    """Wait until one of `children` ends; returns it."""
    while True:
        for child in children:
            if child.status is not None:
                return child
        time.sleep(_PAUSE_SECONDS)


def _end_with_parent() -> None:
    """Have the kernel ask this process to end when `up` is killed and cannot ask any more."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
