"""Does the introduction: tells the database who acts, at which instant and why, for the audit.

The rows themselves are written by a trigger (`sql/schema/table_triggers.sql`), so a bulk update, an
admin action and a psql session leave the same trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

_INTRODUCE = (
    "SELECT set_config('creditops.actor', %(actor)s, false),"
    " set_config('creditops.at', %(at)s, false),"
    " set_config('creditops.reason', %(reason)s, false)"
)


@contextmanager
def acting(actor: str, *, at: datetime, reason: str = "") -> Iterator[None]:
    """While inside, changes are audited as made by `actor` (an e-mail, `key:<name>`, `job:<kind>`).

    Args:
        actor: who, as people will read it.
        at: the instant that the audit shows; doors pass the clock's.
        reason: why, where the door asked for one.
    """
    before = _introduced()
    _introduce(actor, at.isoformat(), reason)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            _introduce(*before)


def _introduced() -> tuple[str, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('creditops.actor', true), ''),"
            " coalesce(current_setting('creditops.at', true), ''),"
            " coalesce(current_setting('creditops.reason', true), '')"
        )
        actor, at, reason = cursor.fetchone()
    return actor, at, reason


def _introduce(actor: str, at: str, reason: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INTRODUCE, {"actor": actor, "at": at, "reason": reason})
