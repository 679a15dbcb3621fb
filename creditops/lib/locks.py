"""Does the locking of what has no row to lock: a name, until the transaction ends.

For rows of the books too, which the application may not lock since it may not change them. Pools have
their own lock order (docs/architecture.md); a name is locked after months and pools, before numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction


def hold(name: str) -> None:
    """Wait until nobody else holds `name`, and hold it until the transaction ends."""
    hold_all([name])


def hold_all(names: Iterable[str]) -> None:
    """The same for several names, in an order that is everybody's; one statement.

    The server has room for some thousand locks of all transactions together: ask for 1,000 at most.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a name is locked inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name",
            [sorted(names)],
        )
