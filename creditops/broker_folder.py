"""Does the folder of messages that serves where no broker runs: a message appears whole or not at all.

Kombu's own opens the file under its name and then writes it. A worker that looks in between takes an
empty message, can't read it, and ends; here the file gets its name when it is written.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu's, with messages written aside first."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Put `payload` into `queue`; names sort by time. (Its two bases name arguments differently.)"""
        folder = Path(self.data_folder_out)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        aside = folder / f"{name}.part"
        aside.write_text(dumps(payload), encoding="utf-8")
        aside.rename(folder / name)


class Transport(filesystem.Transport):
    """Kombu's, over these channels."""

    Channel = Channel


def serve() -> None:
    """Have addresses that begin with `filesystem:` lead here; at start."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
