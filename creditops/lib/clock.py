"""Answers what time it is. Only doors ask; work modules are told the time as an argument."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings


def now() -> datetime:
    """The instant now, in UTC; the test clock's instant where it is switched on (never in
    production: `creditops/environment.py` refuses it there)."""
    frozen: datetime | None = settings.CREDITOPS_TEST_CLOCK
    return frozen.astimezone(UTC) if frozen is not None else datetime.now(UTC)
