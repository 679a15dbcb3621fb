"""Answers which broker carries the wake-ups, and with which options.

A message only hurries: what is to be done stands in rows (outbox, due rows), and a sweeper finds
what a lost message forgot. So the folder that serves without a server may lose one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

FILESYSTEM = "filesystem://localhost"

# The longest a task may run. Long work is cut into rows, so that no task comes near it.
TASK_SECONDS_MAX = 30 * 60
# Redis hands a message to another worker after this time; sooner than the longest task ends, and
# the work would be done twice at once.
VISIBILITY_SECONDS = 2 * TASK_SECONDS_MAX
CONNECT_SECONDS_MAX = 5


def options(url: str | None, data: Path) -> dict[str, Any]:
    """What the broker's transport is told.

    Args:
        url: CELERY_BROKER_URL; None for the folder.
        data: the data folder, in which the folder of messages lies.
    """
    if url is None or url.startswith("filesystem:"):
        return {name: str(folder) for name, folder in _folders(data).items()}
    if url.startswith(("redis:", "rediss:", "sentinel:")):
        return {
            "visibility_timeout": VISIBILITY_SECONDS,
            "socket_connect_timeout": CONNECT_SECONDS_MAX,
        }
    if url.startswith(("amqp:", "amqps:", "pyamqp:", "pyamqps:")):
        # Without that a message counts as sent while it is on its way, and is lost with the connection.
        return {"confirm_publish": True}
    return {}


def make_folders(transport_options: dict[str, Any]) -> None:
    """Make the folders that the filesystem's transport expects; nothing for other brokers."""
    for name, folder in transport_options.items():
        if name.endswith(("_folder", "_folder_in", "_folder_out")):
            Path(folder).mkdir(parents=True, exist_ok=True)


def _folders(data: Path) -> dict[str, Path]:
    broker = data / "broker"
    return {
        "data_folder_in": broker / "messages",
        "data_folder_out": broker / "messages",
        "control_folder": broker / "control",
        "processed_folder": broker / "processed",
    }
