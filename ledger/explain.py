"""Answers who paid for an event: its rate, its draws by block with values, its corrections (S73)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor

from creditops.lib import sql
from creditops.lib.refusals import NotFound
from ledger import tariffs
from ledger.messages import ENTITLEMENTS
from ledger.models import Correction, Drain, Move, Rate, UsageEvent


@dataclass(frozen=True)
class Draw:
    """What an event drew from one block (or as overage) and has not given back.

    `value` is in minor units of `currency`, the block's own, `functional` the same in the books'
    currency; `of_seq` the move that drew it, None for its part on the line.
    """

    pool_id: int
    block_id: int | None
    block_source: str | None
    block_kind: str | None
    term_id: int | None
    of_seq: int | None
    credits: int
    value: int
    currency: str
    functional: int


@dataclass(frozen=True)
class Running:
    """The exact running sum of a fractional item with an event: credits, and what a provider charged
    for them (0 for packs), in the books' currency (R4)."""

    credits: Fraction
    provider_cost: Fraction

    @property
    def carried(self) -> Fraction:
        """What was not drawn yet: a part of a credit."""
        return self.credits - floor(self.credits)


def find(uid: str) -> UsageEvent:
    """The event of this name, `<customer>-<event>`. Raises NotFound."""
    customer, _, event = uid.partition("-")
    if not (customer.isdecimal() and event.isdecimal() and customer.isascii() and event.isascii()):
        raise NotFound("event", uid)
    found = _events(int(customer), int(event))
    if found is None:
        raise NotFound("event", uid)
    return found


def rates(event: UsageEvent) -> list[Rate]:
    """The rates of the tariff's version that priced the event, by the customer's choices too; none if
    it was rated already, or if its data, which chose them, lies in an archive file."""
    if event.tariff is None or event.holder is None or event.data_digest is not None:
        return []
    book = tariffs.PriceBook.read([(event.customer_id, event.holder.id)])
    asked = (event.meter_id, event.data or {})
    entitling = event.source.name == ENTITLEMENTS
    compiled = tariffs.compiled(event.tariff.id)
    priced = book.rates(event.holder.id, compiled, asked, event.event_time, entitling=entitling)
    rows = {(rate.item, rate.unit_id): rate for rate in event.tariff.rates.select_related("unit")}
    return [rows[rate.item, rate.unit_id] for rate in priced]


def running_sum(event: UsageEvent) -> Running | None:
    """What the event's fractional item came to with it; None if none of its items is fractional, or if
    something that it is the sum of lies in an archive file."""
    fractional = (Rate.Kind.PACK, Rate.Kind.PASS_THROUGH)
    rate = next((rate for rate in rates(event) if rate.kind in fractional), None)
    if rate is None or event.pool is None:
        return None
    rows = sql.rows(
        "ledger", "running_sum_at", customer=event.customer_id, pool=event.pool.id, event=event.id,
        item=rate.item,
    )  # fmt: skip
    if any(row[4] for row in rows):
        return None
    passed = [row for row in rows if row[0] == Rate.Kind.PASS_THROUGH]
    return Running(
        sum((Fraction(row[3]) * row[1] / row[2] for row in rows), Fraction(0)),
        sum((Fraction(row[3]) for row in passed), Fraction(0)),
    )


def draws(event: UsageEvent) -> list[Draw]:
    """Who paid for the event, in the order of recording; exact after any number of corrections."""
    return draws_of([event])[event.id]


def draws_of(events: Sequence[UsageEvent]) -> dict[int, list[Draw]]:
    """Who paid for each of some events, by their ids; one query."""
    found: dict[int, list[Draw]] = {event.id: [] for event in events}
    for event_id, *row in sql.rows(
        "ledger",
        "event_draws",
        customers=[event.customer_id for event in events],
        events=[event.id for event in events],
        pools=[event.pool_id for event in events],
        lines=[event.line for event in events],
        positions=[event.pos for event in events],
        credits=[event.credits for event in events],
    ):
        draw = Draw(*row)
        if draw.credits > 0:
            found[event_id].append(draw)
    return found


def credits(event: UsageEvent) -> int:
    """The event's credits in its first unit, as corrected."""
    newest = (
        Correction.objects.filter(
            customer_id=event.customer_id, event_id=event.id, unit_id=_unit_id(event)
        )
        .order_by("-no")
        .first()
    )
    return event.credits if newest is None else newest.credits


def posted_as(event: UsageEvent) -> tuple[date, str] | None:
    """The date on which the event's use posts and its revenue class: from its drain or first move.

    None for one that drew nothing: at its place on the line another's use may begin.
    """
    if (
        event.credits
        and event.pos is not None
        and event.pool_id is not None
        and event.line is not None
    ):
        drain = (
            Drain.objects.filter(
                customer_id=event.customer_id,
                pool_id=event.pool_id,
                line=event.line,
                pos__lte=event.pos,
                pos_end__gt=event.pos,
            )
            .order_by("-pos")
            .first()
        )
        if drain is not None:
            return drain.posting_date, drain.revenue_class
    move = Move.objects.filter(customer_id=event.customer_id, event_id=event.id).first()
    return None if move is None else (move.posting_date, move.revenue_class)


def _events(customer_id: int, event_id: int) -> UsageEvent | None:
    return (
        UsageEvent.objects.filter(customer_id=customer_id, id=event_id)
        .select_related("meter", "source", "user", "tariff", "holder", "customer")
        .first()
    )


def _unit_id(event: UsageEvent) -> int | None:
    return None if event.pool is None else event.pool.unit_id
