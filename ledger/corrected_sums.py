"""Does what a correction means for exact running sums, and for what a provider is owed (R4, L20, V14).

An event of a pack, or one that is passed through, costs part of a credit more or less than it drew: the
rest is carried on. Corrected, it costs just the credits that it is corrected to, so its part leaves
the sum; what later events draw heals what it had moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from creditops.lib import binary
from ledger import provider_costs, rating, tariffs, usage_rows
from ledger.models import UsageEvent
from ledger.rating import Charge
from ledger.tariffs import CompiledRate, PriceBook


def charges(events: Sequence[UsageEvent]) -> dict[int, list[Charge]]:
    """What each event was charged for, by the rates and the customer's choices of its time; by their ids."""
    book = price_book(events)
    found: dict[int, list[Charge]] = {}
    for event in events:
        asked = rating.charges(rates(event, book), event.quantity, event.data or {})
        found[event.id] = [] if isinstance(asked, str) else asked
    return found


def price_book(events: Sequence[UsageEvent]) -> PriceBook:
    """One that knows the holders of these events, but for those that were rated already."""
    return PriceBook.read(
        (event.customer_id, event.holder_id) for event in events if event.tariff_id is not None
    )


def rates(event: UsageEvent, book: PriceBook) -> list[CompiledRate]:
    """The rates that priced the event; none if it was rated already. `book` knows its holder."""
    if event.tariff_id is None:
        return []
    asked = (event.meter_id, event.data or {})
    return book.rates(event.holder_id, tariffs.compiled(event.tariff_id), asked, event.event_time)


def correct(
    event: UsageEvent,
    charged: Sequence[Charge],
    *,
    pool_id: int,
    unit_id: int,
    drew: int,
    credits: int,
    first: bool,
    on: date,
    at: datetime,
) -> None:
    """Take an event's part out of the sum of one of its units, and set what its provider is owed.

    Args:
        charged: all that the event was charged for. What each of several fractional items of one unit
            drew is not known; their sums stay as they are.
        pool_id, unit_id: where; the pool is locked.
        drew: the credits that it cost before.
        credits: those that it costs now.
        first: nobody has corrected it before, so its part is still in the sum.
        on: the posting date.
    """
    running = [charge for charge in charged if charge.running and charge.unit_id == unit_id]
    if len(running) != 1:
        return
    charge = running[0]
    fixed = sum(int(c.exact) for c in charged if c.unit_id == unit_id and not c.running)
    total = usage_rows.read_sums([pool_id], [event.customer_id])[pool_id][charge.item]
    if first:
        total.carry -= charge.exact - (drew - fixed)
    total.drawn += credits - drew
    total.changed = True
    usage_rows.write_sums([(event.customer_id, pool_id, charge.item, total)])
    if charge.provider_cost:
        owed = _owed(charge, drew, credits, first=first)
        provider_costs.record(
            binary.rows("ledger", "next_batch_id")[0][0],
            [(event.customer_id, pool_id, charge.item, on, owed)],
            at,
        )


def _owed(charge: Charge, drew: int, credits: int, *, first: bool) -> Fraction:
    """The change of what the provider is owed: at zero markup a credit is worth what it is."""
    per_credit = charge.provider_cost / charge.exact
    before = charge.provider_cost if first else drew * per_credit
    return credits * per_credit - before
