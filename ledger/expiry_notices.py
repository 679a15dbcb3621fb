"""Does the telling before credits end: once per pool, day and mark, however many blocks end (F5, S47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from creditops.lib import calendar, outbox, policies, sql
from ledger import expiry, expiry_marks
from ledger.limits import HolderKey
from ledger.models import ExpiryNotice

# A letter before credits end; its payload names customer and notice.
LETTER = "ledger.expiry_letter"


@dataclass(frozen=True)
class Ending:
    """Credits that a pool has left of blocks that end on one day.

    `first_end` is the first of their ends; `rolling` of the credits may roll over at the term's end.
    """

    pool_id: int
    first_end: datetime
    credits: int
    rolling: int
    holder: HolderKey

    @property
    def key(self) -> tuple[int, int]:
        """Customer and pool."""
        return self.holder.customer_id, self.pool_id


def tell_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: tell of all pools whose credits end on the day that `subject` names.

    By the settings at `recorded_at`. Where that is so late that a nearer mark has passed too, that one
    speaks; of credits that have ended meanwhile nothing is told. A constant number of statements.
    """
    zone, ends_on = expiry_marks.read_subject(subject)
    days = (ends_on - calendar.local_date(due_at, zone)).days
    found = ending(zone, ends_on, recorded_at)
    settings = policies.in_force_for({e.key: e.holder.scopes for e in found}, recorded_at)
    told = set(
        ExpiryNotice.objects.filter(
            customer_id__in=[e.holder.customer_id for e in found],
            pool_id__in=[e.pool_id for e in found], ends_on=ends_on, days=days,
        ).values_list("customer_id", "pool_id")
    )  # fmt: skip
    _write(
        [
            ExpiryNotice(
                customer_id=e.holder.customer_id, pool_id=e.pool_id, ends_on=ends_on, days=days,
                ends_at=e.first_end, credits=e.credits, rolling=e.rolling, noticed_at=recorded_at,
            )
            for e in found
            if e.key not in told and _speaks(settings[e.key], zone, ends_on, days, recorded_at)
        ],
        recorded_at,
    )  # fmt: skip


def ending(zone: str, ends_on: date, at: datetime) -> list[Ending]:
    """What pools have left at `at` of blocks that end after it, on a local day; one statement.

    Not counted: daily credits, and the allowance of a free plan: the next period brings both anew.
    """
    rows = sql.rows(
        "ledger", "ending_credits", zone=zone, at=at,
        first=calendar.local_midnight(ends_on, zone),
        before=calendar.local_midnight(ends_on + timedelta(days=1), zone),
        rolling=[kind.value for kind in expiry.ROLLING_KINDS],
    )  # fmt: skip
    return [
        Ending(
            pool, first_end, credits, rolling, HolderKey(customer, holder, kind, code, owner, zone)
        )
        for customer, pool, holder, kind, code, owner, first_end, credits, rolling in rows
    ]


def _speaks(settings: Mapping[str, Any], zone: str, ends_on: date, days: int, at: datetime) -> bool:
    """Whether the mark is set, and no nearer one has passed at `at`."""
    marks: Sequence[int] = settings[expiry_marks.SETTING]
    nearer = [other for other in marks if other < days]
    return days in marks and all(expiry_marks.mark(zone, ends_on, other) > at for other in nearer)


def _write(notices: Sequence[ExpiryNotice], at: datetime) -> None:
    """The notices, and a letter for each in the outbox."""
    made = ExpiryNotice.objects.bulk_create(notices)
    outbox.add_all(
        LETTER,
        {
            f"{notice.customer_id}-{notice.id}": {
                "customer": notice.customer_id, "notice": notice.id,
            }
            for notice in made
        },
        at=at,
    )  # fmt: skip
