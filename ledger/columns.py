"""Answers what a batch of usage is as columns: one list per field instead of one object per message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from creditops.lib import calendar
from creditops.lib.binary import Integers
from ledger.messages import Message

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Columns of dates count from this day.
DAY_1970 = _EPOCH.date()
MICROSECOND = timedelta(microseconds=1)
# Stands for a time that was left out.
NO_TIME = np.iinfo(np.int64).min
# Clocks of the world have always differed by whole multiples of this.
_STEP = 30_000_000


@dataclass(slots=True)
class Columns:
    """The messages of a batch, field by field; `Message` says what each is.

    `time` is in microseconds since 1970, `NO_TIME` where it was left out. A quantity that is a whole
    number in plain digits may stand as an int.
    """

    source: Sequence[str]
    key: Sequence[str]
    customer: Sequence[str]
    meter: Sequence[str]
    contract: Sequence[str | None]
    account: Sequence[str | None]
    time: Integers
    quantity: Sequence[int | Decimal | None]
    user: Sequence[str | None]
    data: Sequence[Mapping[str, Any]]
    entitles: bool = False

    def __len__(self) -> int:
        return len(self.key)

    def named(self) -> set[str]:
        """The codes of customers and contracts that the batch names."""
        return {code for code in {*self.customer, *self.contract, *self.account} if code}

    def message(self, index: int) -> Message:
        """One of them as an object, for whoever looks at it alone."""
        time, quantity = int(self.time[index]), self.quantity[index]
        return Message(
            source=self.source[index],
            key=self.key[index],
            customer=self.customer[index],
            meter=self.meter[index],
            contract=self.contract[index],
            account=self.account[index],
            time=None if time == NO_TIME else instant(time),
            quantity=Decimal(quantity) if isinstance(quantity, int) else quantity,
            user=self.user[index],
            data=self.data[index],
            entitles=self.entitles,
        )


def of(batch: Sequence[Message]) -> Columns:
    """The columns of messages; those of one batch all entitle, or none does."""
    times = [NO_TIME if m.time is None else microseconds(m.time) for m in batch]
    return Columns(
        source=[m.source for m in batch],
        key=[m.key for m in batch],
        customer=[m.customer for m in batch],
        meter=[m.meter for m in batch],
        contract=[m.contract for m in batch],
        account=[m.account for m in batch],
        time=np.array(times, dtype=np.int64),
        quantity=[m.quantity for m in batch],
        user=[m.user for m in batch],
        data=[m.data for m in batch],
        entitles=any(m.entitles for m in batch),
    )


def microseconds(time: datetime) -> int:
    """An instant as microseconds since 1970."""
    return (time - _EPOCH) // MICROSECOND


def instant(time: int) -> datetime:
    """Microseconds since 1970 as an instant, in UTC."""
    return _EPOCH + timedelta(microseconds=time)


def days(time: Integers, zone: str) -> tuple[Integers, list[date]]:
    """Per instant which of the dates is its own in a zone, and the dates."""
    steps, step = np.unique(time // _STEP, return_inverse=True)
    found = [calendar.local_date(instant(each * _STEP), zone) for each in steps.tolist()]
    return step, found
