"""A message in the folder is seen whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.transport import filesystem

from creditops import broker, broker_folder

QUEUE = "celery"
MESSAGE = {"body": "done"}


def channel(transport: str, data: Path) -> Any:
    """A channel of a transport over the folders in `data`."""
    options = broker.options(None, data)
    broker.make_folders(options)
    return Connection(transport=transport, transport_options=options).channel()


def test_who_looks_while_a_message_is_written_finds_none(tmp_path, monkeypatch):
    ours = channel("creditops.broker_folder:Transport", tmp_path)
    looked = []
    rename = Path.rename

    def look_first(self: Path, target: Path) -> Path:
        with pytest.raises(Empty):
            ours._get(QUEUE)
        looked.append(self.name)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", look_first)
    ours._put(QUEUE, MESSAGE)

    assert len(looked) == 1
    assert ours._get(QUEUE) == MESSAGE


def test_without_that_an_empty_message_is_taken(tmp_path, monkeypatch):
    theirs = channel("kombu.transport.filesystem:Transport", tmp_path)
    monkeypatch.setattr(filesystem, "lock", lambda file, flags: theirs._get(QUEUE))

    with pytest.raises(json.JSONDecodeError):
        theirs._put(QUEUE, MESSAGE)


def test_the_program_uses_ours():
    from creditops.celery import app

    assert isinstance(app.connection("filesystem://localhost").transport, broker_folder.Transport)
