"""The rows of the oracle: blocks, terms, events, and the entries from which all figures are summed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

PRIORITIES = {"daily": 10, "promo": 20, "compensation": 20}


class Said(NamedTuple):
    """What became of a message."""

    status: str
    code: str = ""
    credits: int | None = None


class Rate(NamedTuple):
    """One price of a meter: `credits` per `per` of its quantity, or of one property, in one unit.

    `match` narrows it to messages with these properties; `months` is the period of a flat fee or a
    licence; of an `agent`'s item the value is the provider's.
    """

    item: str
    meter: str
    unit: str
    credits: int
    per: int = 1
    kind: str = "fixed"
    match: tuple[tuple[str, str], ...] = ()
    property: str = ""
    agent: bool = False
    months: int | None = None


class Version(NamedTuple):
    """A version of the card, as published."""

    name: str
    effective_from: datetime
    rates: list[Rate]


class Lock(NamedTuple):
    """A right to a version until an instant, exclusive (R1)."""

    version: Version
    until: datetime


class Choice(NamedTuple):
    """What a customer wants an action rated as, from an instant on (R2)."""

    item: str
    to: str
    effective_at: datetime


@dataclass(frozen=True)
class Message:
    """A usage message as a client sends it."""

    customer: str
    key: str
    meter: str
    quantity: Fraction
    time: datetime | None = None
    contract: str | None = None
    user: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Lapse:
    """An expiry as far as it was not undone."""

    at: datetime
    credits: int


@dataclass(eq=False)
class Block:
    """A dated lot of credits (L2).

    `ends`: (effective, recorded, expires_at, frozen_from), the last one counts.
    """

    source: str
    kind: str
    granted: int
    cost: int
    effective_at: datetime
    term_start: datetime
    meters: frozenset[str] | None
    recorded_at: datetime
    ends: list[tuple[datetime, datetime, datetime | None, datetime | None]]
    no: int
    counted_before: int = 0
    rolled: bool = False
    lapses: list[Lapse] = field(default_factory=list)

    @property
    def priority(self) -> int:
        return PRIORITIES.get(self.kind, 50)

    @property
    def expires_at(self) -> datetime | None:
        return self.ends[-1][2]

    @property
    def until(self) -> datetime | None:
        """Usable before it: frozen from then on, or over (L11, L13)."""
        return self.ends[-1][3] or self.expires_at

    @property
    def quantity(self) -> int:
        return self.granted

    def lives(self, at: datetime) -> bool:
        return self.effective_at <= at and (self.until is None or at < self.until)


@dataclass(eq=False)
class Term:
    """A term of a holder."""

    number: int
    starts_at: datetime
    ends_at: datetime


@dataclass(eq=False)
class Commitment:
    """What a pool's term obliges to; overage of it is valued at cost / quantity (O4)."""

    term: Term
    quantity: int
    cost: int
    lifts: list[tuple[datetime, int]] = field(default_factory=list)


@dataclass(eq=False)
class Draw:
    """What an event took from one block, or as overage (`source` None), and still has."""

    of: Block | Commitment
    credits: int
    value: int
    term: Term | None

    @property
    def source(self) -> str | None:
        return self.of.source if isinstance(self.of, Block) else None


@dataclass(frozen=True, eq=False)
class Entry:
    """A movement (L1): credits > 0 leave a block (or become overage), < 0 come back."""

    type: str  # CONSUME, OVERAGE, EXPIRE, REVOKE; its reversal has credits < 0
    of: Block | Commitment
    credits: int
    value: int
    effective_at: datetime
    recorded_at: datetime
    posting_date: date
    term: Term | None = None
    account: str = ""


@dataclass(eq=False)
class Event:
    """An event as stored: what it drew, per unit. `entitles`: it buys access over time."""

    message: Message
    holder: Holder | None
    time: datetime
    late: bool
    captured: bool = False
    entitles: bool = False
    rates: list[Rate] = field(default_factory=list)
    said: Said = field(default_factory=lambda: Said(""))
    credits: dict[str, int] = field(default_factory=dict)
    drawn: dict[Rate, int] = field(default_factory=dict)
    draws: dict[str, list[Draw]] = field(default_factory=dict)
    void: bool = False
    corrected: bool = False


@dataclass(eq=False)
class Daily:
    """Free credits of every local day (L15); `made` is the last day that has its block."""

    source: str
    credits: int
    last_day: date | None
    made: date

    def gives(self, day: date) -> bool:
        return self.made < day and (self.last_day is None or day <= self.last_day)


@dataclass(eq=False)
class Pool:
    """The balance of one unit under one holder."""

    holder: Holder
    unit: str
    blocks: list[Block] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    dailies: list[Daily] = field(default_factory=list)
    cumulative: dict[str, Fraction] = field(default_factory=dict)
    drawn: dict[str, int] = field(default_factory=dict)
    costs: list[tuple[date, Fraction]] = field(default_factory=list)
    base: int = 0
    armed: dict[tuple[int, str], list[Any]] = field(default_factory=dict)
    crossings: list[tuple[int, str, int]] = field(default_factory=list)

    def moved(self, of: Block | Commitment, *types: str) -> int:
        """Net credits of these types (all, if none is named) that left a block or became overage."""
        return sum(e.credits for e in self.entries if e.of is of and (not types or e.type in types))

    def rest(self, block: Block) -> int:
        return block.granted - self.moved(block)

    def balance(self, at: datetime) -> int:
        return sum(self.rest(block) for block in self.blocks if block.lives(at))

    def commitment(self, term: Term | None) -> Commitment | None:
        return next((c for c in self.commitments if c.term is term and term is not None), None)

    def overage(self, term: Term) -> int:
        commitment = self.commitment(term)
        return 0 if commitment is None else self.moved(commitment)


@dataclass(eq=False)
class Holder:
    """A contract, or a customer's open one."""

    customer: str
    code: str
    open: bool
    zone: ZoneInfo
    is_default: bool = False
    terms: list[Term] = field(default_factory=list)
    pools: dict[str, Pool] = field(default_factory=dict)
    lock: Lock | None = None
    choices: list[Choice] = field(default_factory=list)

    def term_at(self, instant: datetime) -> Term | None:
        return next((t for t in self.terms if t.starts_at <= instant < t.ends_at), None)

    def day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def pool(self, unit: str) -> Pool:
        return self.pools.setdefault(unit, Pool(self, unit))


@dataclass(eq=False)
class Hold:
    """Credits set aside. `ended`: how (captured, released), and when; it lapses by itself."""

    pool: Pool
    code: str
    credits: int
    held_at: datetime
    expires_at: datetime
    user: str | None = None
    ended: tuple[str, datetime] | None = None


class Plan(NamedTuple):
    """How an event would be paid: per block what is left there, and lapses to undo; then overage."""

    parts: list[tuple[Block, int, list[tuple[Lapse, int]]]]
    overage: int
    commitment: Commitment | None
