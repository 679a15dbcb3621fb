"""Does the planning of notices before credits end: so many days ahead, by a setting (F5, S47).

Due work is one row per time zone, day and mark, however many blocks end that day: a mark is the local
midnight so many days before the day. What is told then is decided then (`ledger/expiry_notices.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import chain

from creditops.lib import calendar, due, policies, policy_values, sql
from creditops.lib.due import Piece
from creditops.lib.models import PolicySetting
from creditops.lib.policies import Policy

SETTING = "expiry_notice_days"
DEFAULT = [30, 7, 1]
# Due work: a mark is reached. The subject is `<time zone> <day>`, the local day of the end.
TELL = "ledger.expiry_notice"

_POLICY = Policy(
    SETTING,
    DEFAULT,
    policy_values.days_before(365),
    "product",
    "How many days before credits end their customer's administrators and finance people are told what "
    "is left and until when; an empty list: nobody is told.",
)


def define() -> None:
    """Make the setting known, and have marks follow its changes; at start."""
    policies.define(_POLICY)
    policies.follow([SETTING], plan_anew)


def mark(zone: str, ends_on: date, days: int) -> datetime:
    """The instant of the notice `days` days before credits end on the local day `ends_on`."""
    return calendar.local_midnight(ends_on - timedelta(days=days), zone)


def plan(zone: str, ends_at: datetime, *, at: datetime) -> None:
    """Remember that credits end at `ends_at`: marks that lie after `at`, by any setting there is.

    Marks before `at` were never missed: nobody can be told of credits that were not there.
    """
    _plan([(zone, calendar.local_date(ends_at, zone))], at)


def plan_anew(scope: str, at: datetime) -> None:
    """Plan the marks after `at` of every block that is open, since the setting changes then."""
    _plan(sql.rows("ledger", "days_of_ends", at=at), at)


def read_subject(subject: str) -> tuple[str, date]:
    """The time zone and the day that due work names."""
    zone, _, day = subject.rpartition(" ")
    return zone, date.fromisoformat(day)


def _plan(ends: Iterable[tuple[str, date]], at: datetime) -> None:
    days = _days_in_use()
    pieces = [
        Piece(f"{zone} {ends_on}", mark(zone, ends_on, before), f"expiry:{zone}:{ends_on}")
        for zone, ends_on in ends
        for before in days
    ]
    due.plan_all(TELL, [piece for piece in pieces if piece.due_at > at], rank=due.NOTICE)


def _days_in_use() -> list[int]:
    """How many days before by the default, and by any version of the setting in any scope."""
    versions = PolicySetting.objects.filter(name=SETTING).values_list("value", flat=True)
    return sorted({*DEFAULT, *chain.from_iterable(versions)}, reverse=True)
