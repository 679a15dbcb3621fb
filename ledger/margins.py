"""Answers what usage brought and what it cost us, per meter and model (S2: for the vendor's eyes only).

The value of credits is the share of what customers paid for them, whatever policy recognises their
revenue: free credits are worth nothing. Costs are the catalogue's (`ledger/model_costs.py`), summed up
exactly and rounded once, where they are shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from creditops.lib import money, sql
from ledger import price_files
from ledger.models import BookSettings


@dataclass(frozen=True)
class Margin:
    """What a meter's usage of one model came to.

    Attributes:
        model: as events name it; empty where none does.
        priced_as: the model of the catalogue.
        mapped: whether anybody said by which prices the meter's usage is read.
        archived: these events' data lies in archive files, so their model and cost can't be told.
        counted: property -> how much of it; "" is the meter's own quantity.
        credits: unit -> credits drawn.
        value: of these credits, in minor units of the books' currency.
        cost: exact, in the currency of the prices; None where nothing is known of it.
        unpriced: events of which something has no price: the cost is at least this.
    """

    meter: str
    meter_name: str
    model: str
    priced_as: str
    mapped: bool
    archived: bool
    events: int
    counted: Mapping[str, Decimal]
    credits: Mapping[str, int]
    value: int
    cost: Decimal | None
    unpriced: int


@dataclass(frozen=True)
class Report:
    """The margins of a time, first included, last not."""

    first: datetime
    last: datetime
    currency: str
    rounding: str
    rows: list[Margin]

    @property
    def comparable(self) -> bool:
        """Whether value and cost are in one currency."""
        return self.currency == price_files.CURRENCY

    def cost(self, rows: Iterable[Margin]) -> int | None:
        """What these cost, rounded once, in minor units of the prices' currency; None if unknown."""
        known = [Fraction(row.cost) for row in rows if row.cost is not None]
        scale = 10 ** money.exponent(price_files.CURRENCY)
        return money.rounded(sum(known, Fraction(0)) * scale, self.rounding) if known else None

    def margin(self, rows: Iterable[Margin]) -> int | None:
        """What is left of the value of those whose cost is known, in minor units; None if of none."""
        costed = [row for row in rows if row.cost is not None]
        cost = self.cost(costed)
        if cost is None or not self.comparable:
            return None
        return sum(row.value for row in costed) - cost

    def tenths(self, rows: Iterable[Margin]) -> int | None:
        """The margin in tenths of a percent of the value, half away from zero; None without either."""
        costed = [row for row in rows if row.cost is not None]
        margin, value = self.margin(costed), sum(row.value for row in costed)
        return (
            None if margin is None or not value else money.rounded(Fraction(1000 * margin, value))
        )


def report(
    first: datetime, last: datetime, books: BookSettings, customer_id: int | None = None
) -> Report:
    """What was used from `first` to before `last`, by event time; of one paying customer, or of all."""
    rows = sql.rows("ledger", "margins", first=first, last=last, customer=customer_id)
    return Report(first, last, books.currency, books.rounding, [_margin(row) for row in rows])


def _margin(row: Sequence[Any]) -> Margin:
    meter, name, model, priced_as, mapped, archived, events, counted, credits, *rest = row
    value, cost, unpriced = rest
    amounts = {name: Decimal(text) for name, text in json.loads(counted).items()}
    drawn = json.loads(credits)
    return Margin(
        meter,
        name,
        model,
        priced_as,
        mapped,
        archived,
        events,
        amounts,
        drawn,
        value,
        cost,
        unpriced,
    )
