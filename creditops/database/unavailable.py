"""Does the refusing when the embedded database cannot run: one error, one sentence."""

from __future__ import annotations


class Unavailable(RuntimeError):
    """The embedded database cannot be had; the text says what, where, and what to do."""
