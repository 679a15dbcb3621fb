"""Answers whether the ledger's invariants hold, from the rows alone (domain rules, section 10).

Each check is one statement in `sql/verify/` that returns what breaks it; none is a cache of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from creditops.lib import sql
from ledger import chart, limits

# Rows shown per check: the first ones tell the story.
SHOWN = 20


@dataclass(frozen=True)
class Breach:
    """A row that breaks an invariant: which check, where, and what is wrong."""

    check: str
    where: str
    detail: str


def names(package: str) -> list[str]:
    """The checks of a floor, by file name."""
    folder = resources.files(package) / "sql" / "verify"
    return sorted(path.name.removesuffix(".sql") for path in folder.iterdir())


def run(package: str, **parameters: object) -> Iterator[tuple[str, list[Breach]]]:
    """Run each check of a floor: its name and the first rows that break it."""
    for name in names(package):
        asked = parameters if "%(" in sql.statement(package, f"verify/{name}") else {}
        rows = sql.rows(package, f"verify/{name}", **asked)
        yield name, [Breach(name, where, detail) for where, detail in rows[:SHOWN]]


def breaches(*, deferred_ahead: Mapping[int, int]) -> Iterator[tuple[str, list[Breach]]]:
    """Run the ledger's checks.

    Args:
        deferred_ahead: per customer id by how much deferred revenue is more than its blocks are
            worth, for reasons that the floors above know; in minor units.
    """
    yield from run(
        "ledger",
        customers=list(deferred_ahead),
        ahead=list(deferred_ahead.values()),
        entitlements=chart.ENTITLEMENTS,
        **limits.unset("overage_pct", "overage_base", "grace_pct"),
    )
