"""Answers to whom a message belongs: customer, meter, holder, and what it costs.

What can't be placed gets the code of its exception; nothing is decided about credits here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import Customer
from ledger import columns, directory, holders, limits, messages, rating
from ledger.directory import Directory
from ledger.limits import HolderKey
from ledger.line import LATE_AFTER
from ledger.messages import Message
from ledger.models import Meter
from ledger.rating import Charge
from ledger.remembered import HeldTerms
from ledger.tariffs import CompiledRate, PriceBook

UNKNOWN_CUSTOMER = "unknown_customer"
UNKNOWN_CONTRACT = "unknown_contract"
UNKNOWN_METER = "unknown_meter"
AMBIGUOUS_CONTRACT = "ambiguous_contract"
NO_RATE = "no_rate"
TOO_LATE = "too_late"
IN_THE_FUTURE = "in_the_future"
DUE_WORK_WAITS = "due_work_waits"

# Quantities and priced properties have at most so many digits before the point, and behind it.
_DIGITS, _DECIMALS = 18, 12
_PLAIN = re.compile(rf"[0-9]{{1,{_DIGITS}}}(\.[0-9]{{1,{_DECIMALS}}})?", re.ASCII)

# Only events older than this need their holder's late window looked up: the smallest it can be.
_SURELY_IN_TIME_DAYS = 1


@dataclass(slots=True)
class Event:
    """A message on its way through the ledger, with what was found out about it."""

    index: int
    message: Message
    time: datetime
    late: bool
    # Admitted when its hold was placed: drawn as late use is, and no limit refuses it (L19).
    captured: bool = False
    customer_id: int | None = None
    member_id: int | None = None
    meter: Meter | None = None
    holder: HolderKey | None = None
    quantity: Decimal = Decimal(1)
    data: dict[str, Any] = field(default_factory=dict)
    tariff_id: int | None = None
    charges: list[Charge] = field(default_factory=list)
    status: str = ""
    code: str = ""
    # Filled in by the drawdown: per unit the credits and the place, which line and where on it.
    credits: dict[int, int] = field(default_factory=dict)
    positions: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def meter_id(self) -> int:
        """The id of its meter; 0 where there is none."""
        return self.meter.id if self.meter else 0

    def set_aside(self, code: str, status: str = messages.EXCEPTION) -> None:
        """Give up placing it: it goes to the exceptions, with the first reason that was found."""
        if not self.status:
            self.status, self.code = status, code


def resolve(
    batch: Iterable[tuple[int, Message]],
    known: Directory,
    received_at: datetime,
    *,
    admitted: bool = False,
    waiting: Mapping[int, datetime] | None = None,
) -> list[Event]:
    """Find customer, meter, holder and rates of each message, with a constant number of queries.

    Args:
        batch: messages with their places in the batch.
        known: what they name.
        admitted: a person lets them in, so none is too late, and all count as late.
        waiting: per customer id since when work waits that decides what pays (`punctuality`).
    """
    events = [
        Event(
            index,
            message,
            message.time or received_at,
            late=admitted or is_late(message, received_at),
        )
        for index, message in batch
    ]
    if not events:
        return []
    _tell_accounts_apart(events, known.contracts)
    _find_customers(events, known.customers)
    _find_meters(events, known.meters)
    _find_holders(events, known, received_at, waiting or {})
    for event in events:
        if event.time - received_at > LATE_AFTER:
            event.set_aside(IN_THE_FUTURE, messages.HELD)
    if not admitted:
        set_aside_too_late(events, received_at)
    _find_rates(events, known.book)
    return events


def resolve_one(
    message: Message, received_at: datetime, *, waiting: Mapping[int, datetime]
) -> Event:
    """The same of one message."""
    known = directory.of(columns.of([message]))
    return resolve([(0, message)], known, received_at, waiting=waiting)[0]


def is_late(message: Message, received_at: datetime) -> bool:
    """Whether a message came so long after its event that it can't be refused for lack of credits."""
    return message.time is not None and received_at - message.time > LATE_AFTER


def _tell_accounts_apart(events: Iterable[Event], contracts: Collection[str]) -> None:
    """An `account` is a contract's code where there is such a contract, else a customer's."""
    for event in events:
        account = event.message.account
        if account in contracts:
            event.message.contract = account
        elif account:
            event.message.customer = account


def _find_customers(events: Iterable[Event], known: Mapping[str, tuple[int, int]]) -> None:
    for event in events:
        if not event.message.customer:
            continue
        if event.message.customer not in known:
            event.set_aside(UNKNOWN_CUSTOMER)
            continue
        member, event.customer_id = known[event.message.customer]
        event.member_id = None if member == event.customer_id else member


def _find_meters(events: Iterable[Event], known: Mapping[str, Meter]) -> None:
    for event in events:
        event.meter = known.get(event.message.meter)
        if event.meter is not None:
            _read_quantity(event, event.meter)


def _read_quantity(event: Event, meter: Meter) -> None:
    """Take the quantity and the declared properties out of the message."""
    given = event.message
    kept = [name for name in meter.properties if name in given.data]
    event.data = {name: messages.plain(given.data[name]) for name in kept}
    value = given.quantity
    if value is None and meter.quantity_property:
        value = _number(given.data.get(meter.quantity_property))
        if value is None:
            event.set_aside(rating.NO_QUANTITY)
    if value is not None:
        event.quantity = value
    for name in kept:
        if meter.properties[name] == "number":
            number = _number(given.data[name])
            if number is None:
                event.set_aside(rating.NO_QUANTITY)
            else:
                event.data[name] = str(number)
    if not event.quantity.is_finite() or event.quantity < 0:
        event.quantity = Decimal(0)
        event.set_aside(rating.NO_QUANTITY)


def _find_holders(
    events: Sequence[Event],
    known: Directory,
    received_at: datetime,
    waiting: Mapping[int, datetime],
) -> None:
    """Find who pays: the named contract, the one that covers and prices the event, or the open one."""
    by_code = {holder.key.code: holder for holder in known.holders}
    by_customer = known.by_customer()
    for event in events:
        if event.status == messages.EXCEPTION and event.code == UNKNOWN_CUSTOMER:
            continue
        if event.message.contract is not None:
            _take_named(event, by_code.get(event.message.contract))
            _leave_undecided(event, waiting)
        elif _leave_undecided(event, waiting):
            continue
        elif event.customer_id is not None:
            candidates = by_customer.setdefault(event.customer_id, [])
            _take_covering(event, candidates, known.book, received_at)
        else:
            event.set_aside(UNKNOWN_CUSTOMER)
        if event.meter is None:
            event.set_aside(UNKNOWN_METER)


def _take_named(event: Event, holder: HeldTerms | None) -> None:
    known = holder is not None and event.customer_id in (None, holder.key.customer_id)
    if holder is None or not known:
        event.set_aside(UNKNOWN_CONTRACT)
        return
    event.customer_id = holder.key.customer_id
    event.holder = holder.key


def _leave_undecided(event: Event, waiting: Mapping[int, datetime]) -> bool:
    """Set the event aside if work that decides what pays for it waits: nobody knows yet.

    Judged as things stand it could be refused for good, or drawn from other credits, for a fault of
    ours; as an exception it is kept with its body, and let in when the work is done.
    """
    since = None if event.customer_id is None else waiting.get(event.customer_id)
    if since is None or event.time < since:
        return False
    event.set_aside(DUE_WORK_WAITS)
    return True


def _take_covering(
    event: Event, candidates: list[HeldTerms], book: PriceBook, received_at: datetime
) -> None:
    covering = [
        holder
        for holder in candidates
        if holder.covers(event.time) and _prices(holder, event, book)
    ]
    if len(covering) > 1:
        covering = [holder for holder in covering if holder.is_default]
        if len(covering) != 1:
            event.set_aside(AMBIGUOUS_CONTRACT)
            return
    if covering:
        event.holder = covering[0].key
        return
    open_ones = [holder for holder in candidates if holder.key.kind == "open"]
    if open_ones:
        event.holder = open_ones[0].key
    elif event.meter is not None and event.customer_id is not None:
        opened = _open(event.customer_id, received_at)
        candidates.append(HeldTerms(opened, is_default=False, terms=()))
        event.holder = candidates[-1].key


def _open(customer_id: int, at: datetime) -> HolderKey:
    """The customer's open contract, made on demand."""
    customer = Customer.objects.get(id=customer_id)
    made = holders.pay_as_you_go(customer, at)
    return HolderKey(made.customer_id, made.id, made.kind, made.code, customer.code, made.time_zone)


def _prices(holder: HeldTerms, event: Event, book: PriceBook) -> bool:
    if event.meter is None or event.meter.rated_unit_id is not None:
        return True
    return bool(_rates(holder.key.holder_id, event, event.meter, book))


def _rates(holder_id: int, event: Event, meter: Meter, book: PriceBook) -> list[CompiledRate]:
    tariff = book.tariff(holder_id, event.time)
    if tariff is None:
        return []
    asked = (meter.id, event.data)
    return book.rates(holder_id, tariff, asked, event.time, entitling=event.message.entitles)


def _find_rates(events: Iterable[Event], book: PriceBook) -> None:
    for event in events:
        if not event.status and event.holder is not None and event.meter is not None:
            _rate(event, event.holder, event.meter, book)


def _rate(event: Event, holder: HolderKey, meter: Meter, book: PriceBook) -> None:
    """Find what the event costs, exactly."""
    if meter.rated_unit_id is not None:
        charged = rating.already_rated(event.quantity, meter.code, meter.rated_unit_id)
    else:
        tariff = book.tariff(holder.holder_id, event.time)
        rates = _rates(holder.holder_id, event, meter, book)
        if tariff is None or not rates:
            event.set_aside(NO_RATE)
            return
        event.tariff_id = tariff.id
        charged = rating.charges(rates, event.quantity, event.data)
    if isinstance(charged, str):
        event.set_aside(charged)
    else:
        event.charges = charged


def set_aside_too_late(events: Sequence[Event], received_at: datetime) -> None:
    """Set aside what arrived later than its holder's window allows (L8)."""
    old = [
        event
        for event in events
        if not event.status
        and event.holder is not None
        and (received_at - event.time).days >= _SURELY_IN_TIME_DAYS
    ]
    if not old:
        return
    keys = {event.holder.holder_id: event.holder for event in old if event.holder}
    windows = limits.of(keys.values(), received_at)
    for event in old:
        if event.holder is None:
            continue
        window = windows[event.holder.holder_id].rules.late_window
        if received_at - event.time > window:
            event.set_aside(TOO_LATE)


def _number(value: object) -> Decimal | None:
    """A number that can be kept exactly, not below 0: from JSON, or as plain text."""
    if isinstance(value, str):
        return Decimal(value) if _PLAIN.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value))
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_DECIMALS or number.adjusted() >= _DIGITS:
        return None
    return number if number >= 0 else None
