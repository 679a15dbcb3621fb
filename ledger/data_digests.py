"""Answers whether a value is what a digest says: of event data that was moved to a file. Pure.

The digest is made by the database (`ledger_data_digest`, migrations/sql/event_archives.sql): per property
4 bytes that tell its name and 8 that tell name and value.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

NAME_BYTES, VALUE_BYTES = 4, 8
_ENTRY_BYTES = NAME_BYTES + VALUE_BYTES


def agrees(digest: bytes, name: str, value: Any) -> bool:
    """Whether the data had this value under this name, or nothing under it."""
    named = _name(name)
    entries = [digest[at : at + _ENTRY_BYTES] for at in range(0, len(digest), _ENTRY_BYTES)]
    said = [entry for entry in entries if entry.startswith(named)]
    return not said or named + _value(name, value) in said


def _name(name: str) -> bytes:
    return sha256(name.encode()).digest()[:NAME_BYTES]


def _value(name: str, value: Any) -> bytes:
    return sha256(f"{len(name)}:{name}{_text(value)}".encode()).digest()[:VALUE_BYTES]


def _text(value: Any) -> str:
    """A value as the database writes it as text."""
    if value is None or isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
