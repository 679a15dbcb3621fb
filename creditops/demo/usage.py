"""Answers what customers' days look like: seeded, so that the demo is the same everywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ledger.messages import Message

_SATURDAY = 5
_WORKING_HOURS = (8, 19)


@dataclass(frozen=True)
class Habit:
    """How a customer uses the product.

    Attributes:
        customer: its code.
        events_per_day: on a working day.
        people: how many; few of them do most of it.
        meters: (meter, weight) of its actions.
        growth: how many times as much at the end of the year as at its beginning.
        size: how large its actions are, 1 being usual.
    """

    customer: str
    events_per_day: int
    people: int
    meters: Sequence[tuple[str, int]]
    growth: float = 1.0
    size: float = 1.0


def days(habit: Habit, first: datetime, last: datetime) -> Iterator[tuple[datetime, list[Message]]]:
    """Per day from `first` to before `last`: the day's end, and its usage."""
    draw = random.Random(f"lumen:{habit.customer}")  # noqa: S311  a picture, not a secret
    number = max(1, (last - first).days)
    for day in range(number):
        start = first + timedelta(days=day)
        busy = 0.25 if start.weekday() >= _SATURDAY else 1.0
        trend = 1 + (habit.growth - 1) * day / number
        count = round(habit.events_per_day * busy * trend * draw.uniform(0.7, 1.3))
        events = [_event(habit, start, index, draw) for index in range(count)]
        yield start + timedelta(days=1), [e for e in events if e.time and e.time < last]


def _event(habit: Habit, day: datetime, index: int, draw: random.Random) -> Message:
    meters = [meter for meter, _ in habit.meters]
    weights = [weight for _, weight in habit.meters]
    meter = draw.choices(meters, weights)[0]
    person = min(int(draw.paretovariate(1.1)), habit.people)
    seconds = draw.randint(_WORKING_HOURS[0] * 3600, _WORKING_HOURS[1] * 3600)
    quantity = Decimal(max(1, round(draw.paretovariate(2) * habit.size)))
    data: dict[str, object] = {}
    if meter == "chat":
        data = {
            "input_tokens": round(draw.lognormvariate(7.6, 0.9) * habit.size),
            "output_tokens": round(draw.lognormvariate(6.0, 0.8) * habit.size),
            "model": draw.choice(["lumen-2", "lumen-2", "lumen-2-mini"]),
        }
        quantity = Decimal(1)
    return Message(
        source="studio",
        key=f"{habit.customer}-{day:%Y%m%d}-{index}",
        customer=habit.customer,
        meter=meter,
        time=day + timedelta(seconds=seconds),
        quantity=quantity,
        user=f"person-{person:03d}@{habit.customer}.example",
        data=data,
    )
