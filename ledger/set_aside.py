"""Answers with every message that did not simply become usage, in one list: refused, held, in conflict,
late, unmatched, or set aside for another reason (L7, L8, S65, T8).

Refused is final: the customer's own limits said no. All others wait for a person.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet

from creditops.lib import sql
from ledger import messages, resolving
from ledger.models import UsageException

PAGE = 50
# So many are ended by one act at most.
AT_ONCE = 1_000
# Refused messages need nobody: those of the last days are shown.
REFUSED_DAYS = 7


class Kind(enum.Enum):
    """Why a message is in the list, as people would ask for it."""

    LATE = "late"
    UNMATCHED = "unmatched"
    OTHER = "other"
    CONFLICT = "conflict"
    HELD = "held"
    REFUSED = "refused"


# Nobody knows whose or what it is.
UNMATCHED_CODES = (
    resolving.UNKNOWN_CUSTOMER,
    resolving.UNKNOWN_CONTRACT,
    resolving.UNKNOWN_METER,
    resolving.AMBIGUOUS_CONTRACT,
)


@dataclass(frozen=True)
class Asked:
    """Which of them: of this kind, meter or customer (codes), received on these days in UTC, both ends
    included; None or empty is all."""

    kind: Kind | None = None
    meter: str = ""
    customer: str = ""
    since: date | None = None
    until: date | None = None

    def parameters(self, at: datetime) -> dict[str, Any]:
        """The same as the statements read it."""
        start = None if self.since is None else _midnight(self.since)
        end = None if self.until is None else _midnight(self.until + timedelta(days=1))
        lately = _midnight(at.date() - timedelta(days=REFUSED_DAYS - 1))
        return {
            "kind": None if self.kind is None else self.kind.value,
            "meter": self.meter or None,
            "customer": self.customer or None,
            "since": start,
            "until": end,
            "refused_since": start or lately,
            "late": resolving.TOO_LATE,
            "unmatched": list(UNMATCHED_CODES),
        }


@dataclass(frozen=True)
class Aside:
    """A message in the list.

    `place` is where it stands, unique among all; `exception` its number where it waits for a person,
    `uid` the event where it was refused.
    """

    place: int
    kind: Kind
    code: str
    key: str
    customer: str
    meter: str
    event_time: datetime | None
    received_at: datetime
    quantity: str
    exception: int | None
    uid: str | None


@dataclass(frozen=True)
class Page:
    """A page of the list, newest first, and where the next one begins; None: this was the last."""

    rows: Sequence[Aside]
    next: int | None


def page(asked: Asked, *, at: datetime, before: int | None = None, limit: int = PAGE) -> Page:
    """Messages as asked for, newest first; one query.

    Args:
        at: now; refused ones are those of the last `REFUSED_DAYS`, unless days are asked for.
        before: the place where the page before ended.
    """
    found = sql.rows(
        "ledger", "set_aside", **asked.parameters(at), before=before or (1 << 63) - 1,
        most=limit + 1,
    )  # fmt: skip
    rows = [_aside(row) for row in found[:limit]]
    return Page(rows, rows[-1].place if len(found) > limit else None)


def counts(asked: Asked, *, at: datetime, most: int) -> dict[Kind, int]:
    """How many there are of each kind, whatever kind is asked for; each counted to `most` at most."""
    every = {**asked.parameters(at), "kind": None}
    rows = sql.rows("ledger", "set_aside_counts", **every, most=most)
    return {kind: dict(rows).get(kind.value, 0) for kind in Kind}


def to_end(asked: Asked, *, at: datetime) -> QuerySet[UsageException]:
    """What of it waits for a person, the earliest first, at most `AT_ONCE`."""
    rows = sql.rows("ledger", "set_aside_to_end", **asked.parameters(at), most=AT_ONCE)
    return _waiting([number for (number,) in rows])


def chosen(numbers: Sequence[int]) -> QuerySet[UsageException]:
    """These, as far as they wait for a person still."""
    return _waiting(numbers[:AT_ONCE])


def _waiting(numbers: Sequence[int]) -> QuerySet[UsageException]:
    rows = UsageException.objects.filter(pk__in=numbers, end__isnull=True)
    return rows.select_related("source").order_by("event_time", "id")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _aside(row: Sequence[Any]) -> Aside:
    (place, kind, code, key, customer, meter, event_time, received_at, quantity, exception,
     event_customer) = row  # fmt: skip
    return Aside(
        place, Kind(kind), code, key, customer, meter, event_time, received_at,
        "" if quantity is None else str(quantity), exception,
        None if event_customer is None else messages.uid(event_customer, place),
    )  # fmt: skip
