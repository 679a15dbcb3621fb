"""Answers what a usage message is, before and after the ledger has judged it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

# A batch is at most this long; an event's id leaves 16 bits for its index.
LARGEST_BATCH = 50_000
INDEX_BITS = 16
LARGEST_EVENT_ID = (1 << 63) - 1

APPLIED = "applied"
RECORDED = "recorded"
REFUSED = "refused"
DUPLICATE = "duplicate"
CONFLICT = "conflict"
HELD = "held"
EXCEPTION = "exception"
# As many decimals as a quantity is kept with, and a context in which rounding to them never overflows.
_FINEST = Decimal("1E-12")
_LONGEST_WHOLE = 18
_WIDE = Context(prec=_LONGEST_WHOLE + 12, rounding=ROUND_HALF_EVEN)
# The source of the events that draw for flat fees and licences.
ENTITLEMENTS = "entitlements"
STATUSES = (APPLIED, RECORDED, DUPLICATE, CONFLICT, REFUSED, HELD, EXCEPTION)


@dataclass(slots=True)
class Message:
    """A usage event as a client sent it; None is a field that it left out.

    Attributes:
        source, key: its identity under the customer.
        customer: the customer's code; empty where only the contract is named.
        contract: a contract's code.
        account: a contract's code, else a customer's, where a client can't tell which.
        meter: the meter's code.
        time: when it happened.
        quantity: exact; its meaning is the meter's.
        user: the customer's end user.
        data: properties; only those that the meter declares are kept.
        entitles: it pays for access, a flat fee or licences; never of a client's making.
    """

    source: str
    key: str
    customer: str
    meter: str
    contract: str | None = None
    account: str | None = None
    time: datetime | None = None
    quantity: Decimal | None = None
    user: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    entitles: bool = False

    def named(self) -> set[str]:
        """The codes of customers and contracts that it names."""
        return {code for code in (self.customer, self.contract, self.account) if code}

    def body(self) -> dict[str, Any]:
        """The message as JSON, for the table of exceptions and for comparing a repetition."""
        given = {
            "customer": self.customer or None,
            "contract": self.contract,
            "account": self.account,
            "meter": self.meter,
            "time": None if self.time is None else self.time.astimezone(UTC).isoformat(),
            "quantity": None if self.quantity is None else str(self.quantity),
            "user": self.user,
            "data": plain(dict(self.data)) or None,
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(slots=True)
class Outcome:
    """What became of one message, in the order of the batch.

    `credits` are those drawn (or rated, if only recorded) in the event's first unit; `uid` names the
    stored event.
    """

    index: int
    source: str
    key: str
    status: str
    code: str = ""
    credits: int | None = None
    uid: str = ""


@dataclass(slots=True)
class Drawn:
    """What became of the messages that were applied by the column, in the order of the batch.

    `index`, `customers` (ids) and `credits` are theirs; `source` and `key` those of the whole batch.
    """

    batch_id: int
    index: Sequence[int] = ()
    source: Sequence[str] = ()
    key: Sequence[str] = ()
    customers: Sequence[int] = ()
    credits: Sequence[int] = ()

    def outcomes(self) -> list[Outcome]:
        """The same as objects."""
        return [
            Outcome(
                index, self.source[index], self.key[index], APPLIED, "", credits,
                uid(customer, event_id(self.batch_id, index)),
            )
            for index, customer, credits in zip(
                self.index, self.customers, self.credits, strict=True
            )
        ]  # fmt: skip


@dataclass(slots=True)
class Receipt:
    """The answer to a batch, and who was touched.

    `singles` are the outcomes of messages that were looked at one by one, `drawn` those of the others.
    """

    batch_id: int
    received_at: datetime
    singles: list[Outcome]
    pools: list[tuple[int, int]]
    drawn: Drawn

    @property
    def outcomes(self) -> list[Outcome]:
        """One outcome per message, in the order of the batch."""
        return sorted([*self.singles, *self.drawn.outcomes()], key=lambda found: found.index)

    def counts(self) -> dict[str, int]:
        """How many messages met each fate; together with `received` they add up (S65)."""
        counts = dict.fromkeys(STATUSES, 0)
        for outcome in self.singles:
            counts[outcome.status] += 1
        counts[APPLIED] += len(self.drawn.index)
        return {"received": len(self.singles) + len(self.drawn.index), **counts}


def event_id(batch_id: int, index: int) -> int:
    """The id of an event: its batch and its place in it, so a batch's events are one range."""
    return (batch_id << INDEX_BITS) + index


def batch_of(event: int) -> int:
    """The batch of an event id."""
    return event >> INDEX_BITS


def uid(customer_id: int, event: int) -> str:
    """The name by which an event is asked for: `<customer>-<event>`."""
    return f"{customer_id}-{event}"


def nearest(number: Decimal) -> Decimal:
    """A number of somebody who counts in floating point, where a price times a count comes as
    1.3499999999999999e-05: with more than 12 decimals, which nothing here keeps, the nearest one with 12."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -12 or number.adjusted() >= _LONGEST_WHOLE:
        return number
    return number.quantize(_FINEST, context=_WIDE)


def plain(value: Any) -> Any:
    """A value of a message as JSON keeps it exactly: decimals, wherever they stand, as text."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value
