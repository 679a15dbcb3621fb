"""Does something that a test can see from outside."""

from __future__ import annotations

from pathlib import Path

from creditops.celery import app


@app.task
def write(path: str, text: str) -> None:
    """Write `text` into the file `path`."""
    Path(path).write_text(text)
