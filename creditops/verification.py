"""Answers whether the whole house keeps its promises: the invariants of every floor."""

from __future__ import annotations

from collections.abc import Iterator

from invoicing import deferral
from ledger import verification
from ledger.verification import Breach


def verify() -> Iterator[tuple[str, list[Breach]]]:
    """Run every check: its name and the first rows that break it, none if it holds."""
    yield from verification.breaches(deferred_ahead=deferral.ahead_minor())
    yield from verification.run("invoicing")
