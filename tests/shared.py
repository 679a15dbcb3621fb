"""Answers where the shared inputs lie that some tests use; those skip where the folder is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def needed(relative: str) -> Path:
    """The shared file or folder, or skip the test with a clear message."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"the shared input {relative} is not on this machine")
    return path
