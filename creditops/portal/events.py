"""Answers everything about one usage event: its rate, the blocks that paid for it, its corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from contracts import rate_words
from contracts.models import RateItem
from creditops.lib import money
from creditops.lib.refusals import NotFound
from creditops.portal import blocks
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor
from ledger import explain, messages
from ledger.models import Correction, UsageEvent

_REFUSED = {
    "insufficient_credits": "There were not enough credits left.",
    "overage_cap": "The overage that the contract allows was used up.",
    "seat_limit": "The person's allowance was used up.",
    "allowance": "The allowance was used up.",
}


@dataclass(frozen=True)
class Priced:
    """One price of an event: "1,234 generated tokens", "5 credits per 1,000", "6.17"."""

    action: rate_words.Action
    quantity: str
    credits: str


@dataclass(frozen=True)
class Paid:
    """Credits that a block paid, or overage; `worth` None for those who don't see values."""

    label: str
    credits: int
    worth: Amount | None


@dataclass(frozen=True)
class Corrected:
    """A correction: when, to how many credits, and why."""

    at: datetime
    credits: int
    void: bool
    reason: str


@dataclass(frozen=True)
class Event:
    """An event with all that follows from it. `refused` is the reason if it was."""

    uid: str
    row: UsageEvent
    unit: str
    credits: int
    refused: str
    tariff: str
    priced: Sequence[Priced]
    paid: Sequence[Paid]
    corrections: Sequence[Corrected]

    @property
    def has_fractions(self) -> bool:
        """Whether its exact price is no whole number of credits."""
        return any("." in priced.credits for priced in self.priced)


def find(visitor: Visitor, uid: str) -> Event:
    """The event `uid` of the visitor's customer. Raises NotFound."""
    row = explain.find(uid)
    if row.customer_id != visitor.customer.pk:
        raise NotFound("event", uid)
    corrections = Correction.objects.filter(customer_id=row.customer_id, event_id=row.id)
    return Event(
        uid=messages.uid(row.customer_id, row.id),
        row=row,
        unit=row.pool.unit.name if row.pool else "Credits",
        credits=explain.credits(row),
        refused=_refused(row),
        tariff=str(row.tariff) if row.tariff else "",
        priced=_priced(row),
        paid=_paid(row, visitor.sees_values),
        corrections=[
            Corrected(c.recorded_at, c.credits, c.void, c.reason)
            for c in corrections.order_by("no")
        ],
    )


def _refused(row: UsageEvent) -> str:
    if row.status != UsageEvent.Status.REFUSED:
        return ""
    return _REFUSED.get(row.code, row.code)


def _priced(row: UsageEvent) -> list[Priced]:
    """Quantity times rate, for each item of the rate card that priced the event."""
    if row.data_digest is not None:
        return []  # what was counted lies in an archive file
    data = row.data or {}
    items = RateItem.objects.filter(
        version__tariff=row.tariff_id, meter=row.meter_id
    ).select_related("meter", "unit")
    return [
        Priced(rate_words.action(item), *_product(item, row, data))
        for item in items.order_by("id")
        if all(str(data.get(name)) == value for name, value in item.match.items())
    ]


def _product(item: RateItem, row: UsageEvent, data: dict[str, object]) -> tuple[str, str]:
    counted = Fraction(str(data.get(item.property, 0))) if item.property else Fraction(row.quantity)
    quantity = _figure(counted)
    credits = _figure(counted * item.credits / item.per)
    return quantity, credits


def _paid(row: UsageEvent, with_values: bool) -> list[Paid]:
    return [
        Paid(
            label="Overage"
            if draw.block_kind is None or draw.block_source is None
            else blocks.label(draw.block_kind, draw.block_source, row.holder.kind),
            credits=draw.credits,
            worth=Amount(draw.value, draw.currency) if with_values else None,
        )
        for draw in explain.draws(row)
    ]


def _figure(number: Fraction) -> str:
    """A quantity as people read it: 1,234.5, at most three decimals."""
    rounded = Decimal(money.round_half_up(number * 1000)).scaleb(-3).normalize()
    return f"{rounded:,f}"
