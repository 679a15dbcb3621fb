"""Does something that a test can see from outside."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from creditops.celery import app


@app.task
def write(path: str, text: str) -> None:
    """Write `text` into the file `path`."""
    Path(path).write_text(text)


@app.task
def note(folder: str, name: str) -> None:
    """Note that this ran: one file per message and run."""
    done = len(list(Path(folder).glob(f"{name}.*")))
    (Path(folder) / f"{name}.{done + 1}").write_text(str(os.getpid()))


@app.task
def write_or_die(path: str, text: str) -> None:
    """The first time the worker is killed with the message in hand; later `text` is written."""
    begun = Path(f"{path}.begun")
    if not begun.exists():
        begun.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    Path(path).write_text(text)
