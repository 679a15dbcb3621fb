"""Does the inventing of histories: which act comes next, with figures and instants that hurt.

Everything is chosen by a `random.Random`, so a seed repeats a history and Hypothesis can shrink it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

from tests import cast
from tests.ledger.oracle import FIVE_MINUTES, MICROSECOND, NOT_NUMBERED
from tests.ledger.oracle_rows import Block, Event, Hold, Holder, Message, Pool
from tests.ledger.price_list import CHOICES, CREDIT, DATA, RATED, SAID, USED, next_version
from tests.ledger.two_books import USERS, TwoBooks

NOW = timedelta(0)
START = cast.START
DAY = timedelta(days=1)
KINDS = ("paid", "paid", "bonus", "promo", "daily", "compensation", "migration")
SETTINGS = {
    "enforcement": ("SOFT", "HARD", "OBSERVE"),
    "draw_order": ("FIFO", "EXPIRY_FIRST"),
    "late_admission": ("OVERAGE", "REFUSE_HARD"),
    "overage_pct": ("0", "20", "33.3"),
    "overage_base": ("COMMITMENT", "TOTAL_AVAILABLE"),
    "late_event_window_days": (1, 30, 90),
    "hold_over_pct": ("0", "0", "12.5", "100"),
    "seat_allowance": (None, 5, 40, 40),
}
SCOPES = (
    "contract:c1", "contract:c1", "contract:c2", "customer:acme", "customer:otto", "books",
)  # fmt: skip
# Only c1 has credits of the second unit.
DRAW_DATA = ("credits:DATA", "enrich", "voice")
METERS = (*RATED, "credits", *USED)
# How often each act is tried.
WEIGHTS = {
    "send": 40,
    "wait": 14,
    "hold": 10,
    "capture": 8,
    "release": 3,
    "correct": 8,
    "let_in": 2,
    "grant": 12,
    "give_daily": 2,
    "sweep": 6,
    "revoke": 3,
    "renew": 4,
    "freeze": 2,
    "lift_cap": 2,
    "change": 4,
    "publish": 6,
    "choose": 3,
    "buy": 4,
    "post": 2,
    "close_month": 2,
    "look_back": 4,
}


class History:
    """A random history on both books."""

    largest_batch = 8
    # How many times the usual credits there are.
    plenty = 1
    # Whether there may be seats, and two contracts that could pay.
    crowded = True
    # Acts that are tried so often instead.
    more: Mapping[str, int] = {}

    def __init__(self, random: Random, told: list[str] | None = None) -> None:
        """Open the books. `told`: where acts are noted."""
        self.keys = 0
        self.random = random
        self.books = TwoBooks(
            random.choice(["UTC", "America/New_York", "Asia/Kolkata"]),
            commitment=random.randint(10, 200) * self.plenty,
            price=random.randint(0, 2_000),
            data_commitment=random.choice([0, 40]) * self.plenty,
            locked_until=random.choice([None, *2 * [START + DAY * random.randint(1, 90)]]),
            second=random.choice([0, random.randint(10, 100)]) if self.crowded else 0,
            default=random.choice(["", "c1", "c2"]),
            told=told,
        )
        for pool in self.books.pools:
            if random.randrange(2):
                self._grant_paid(pool, random.randint(50, 300))
        if random.randrange(2):
            self.books.change("contract:c1", "overage_base", "TOTAL_AVAILABLE", self.books.now)
        if self.crowded and random.randrange(2):
            allowance = random.choice([10, 40, 90])
            self.books.change("books", "seat_allowance", allowance, self.books.now)

    def act(self, random: Random) -> None:
        """Do the next act."""
        self.random = random
        weights = {**WEIGHTS, **self.more}
        name = random.choices(list(weights), list(weights.values()))[0]
        getattr(self, name)()

    # ------------------------------------------------------------------ usage

    def send(self) -> None:
        """A batch of messages, some of them repetitions."""
        self.books.wait(self.random.choice([NOW, NOW, MICROSECOND, FIVE_MINUTES, DAY / 5]))
        batch: list[Message] = []
        for _ in range(self.random.randint(1, self.largest_batch)):
            known = [*self.books.sent[-20:], *batch]
            if known and self.random.randrange(8) == 0:
                batch.append(self._repetition(self.random.choice(known)))
            else:
                batch.append(self._message())
        self.books.send(batch)

    def correct(self) -> None:
        """An applied event, up, down or void; often one of two units, or of a running sum."""
        events: list[Event] = [
            event for event in self.books.oracle.events.values() if event.said.status == "applied"
        ]
        if events:
            intricate = [e for e in events if len(e.rates) > 1 or e.drawn]
            chosen = self.random.choice(
                intricate if intricate and self.random.randrange(2) else events
            )
            void = self.random.randrange(3) == 0
            credits = 0 if void else self.random.randint(0, 90)
            self.books.correct(chosen, credits, void=void)

    def hold(self) -> None:
        """For a second to a day, on anything, or on all that is there to the credit; at times somebody
        wants what it leaves, or one more, at once."""
        pool = self.random.choice([self.books.pools[0], *self.books.pools])
        usual = "credits" if pool.unit == CREDIT else "credits:DATA"
        meter = self.random.choice([usual] * 8 + list(METERS))
        quantity = self.random.randint(0, 40)
        if meter == usual and self.random.random() < 0.5:
            quantity = self._brink(pool)
        lasts = self.random.choice([timedelta(seconds=1), FIVE_MINUTES, DAY / 5, DAY])
        self.books.hold(self._of(pool, "h", meter, quantity), lasts)
        if self.random.random() < 0.5:
            self.books.send([self._of(pool, "e", usual, self._brink(pool))])

    def _of(self, pool: Pool, kind: str, meter: str, quantity: int) -> Message:
        """A message of now that names the pool's holder."""
        self.keys += 1
        holder = pool.holder
        return Message(
            holder.customer,
            f"{kind}{self.keys}",
            meter,
            Fraction(quantity),
            None,
            holder.code,
            self._user(),
            self._data(meter),
        )

    def _user(self) -> str | None:
        return self.random.choice([None, None, *USERS, "ann"])

    def _data(self, meter: str) -> dict[str, str]:
        return self.random.choice(SAID.get(meter, ({},)))

    def capture(self) -> None:
        """Less than was held, just that, or more; of an open hold, now and then of another."""
        hold = self._some_hold()
        if hold is not None:
            self.keys += 1
            usual = "credits" if hold.pool.unit == CREDIT else "credits:DATA"
            meter = self.random.choice([usual] * 8 + list(METERS))
            credits = hold.credits
            quantity = self.random.choice([0, credits // 2, credits, credits, credits + 1])
            message = Message(
                hold.pool.holder.customer,
                f"e{self.keys}",
                meter,
                Fraction(quantity),
                data=self._data(meter),
            )
            self.books.capture(hold, message)

    def release(self) -> None:
        """An open hold, now and then another."""
        hold = self._some_hold()
        if hold is not None:
            self.books.release(hold)

    def _some_hold(self) -> Hold | None:
        holds = self.books.oracle.holds
        open_now = [h for h in holds if h.ended is None and h.expires_at > self.books.now]
        chosen = open_now if open_now and self.random.randrange(5) else holds
        return self.random.choice(chosen) if chosen else None

    def let_in(self) -> None:
        """A few of the exceptions that wait."""
        self.books.let_in(self.random.randint(1, 3))

    def _message(self) -> Message:
        self.keys += 1
        meter = self.random.choice(METERS)
        both = meter in DRAW_DATA and self.random.random() < 0.8
        customer = "acme" if both else self.random.choice(["acme", "acme", "acme", "otto"])
        holders = self.books.oracle.holders
        codes = [h.code for h in holders if h.customer == customer and not h.open]
        return Message(
            customer,
            f"e{self.keys}",
            meter,
            self._quantity(meter) + self.random.choice([Fraction(0)] * 30 + [Fraction(1, 2)]),
            self._time(),
            "c1" if both else self.random.choice([*codes, None, None]) if codes else None,
            self._user(),
            self._data(meter),
        )

    def _quantity(self, meter: str) -> int:
        """Anything, or what is left to the credit, overage room included, or one more."""
        if meter == "tokens":
            return self.random.randint(0, 3_000)
        if meter in USED:
            return self.random.randint(0, 6)
        if meter not in ("credits", "credits:DATA") or self.random.random() < 0.7:
            return self.random.randint(0, 40)
        unit = DATA if meter == "credits:DATA" else CREDIT
        pool = self.random.choice([pool for pool in self.books.pools if pool.unit == unit])
        return self._brink(pool)

    def _brink(self, pool: Pool) -> int:
        """What is left of a pool to the credit, beside holds or with them, with the room for overage
        or without, or one more."""
        now, oracle = self.books.now, self.books.oracle
        balance, room = pool.balance(now), 0
        commitment = pool.commitment(pool.holder.term_at(now))
        if commitment is not None:
            room = max(0, oracle.cap(pool, commitment, now) - pool.moved(commitment))
        held = oracle.held(pool, now) if self.random.random() < 0.5 else 0
        left = self.random.choice([balance, balance + room]) - held
        return max(0, left + self.random.choice([0, 1]))

    def _time(self) -> datetime | None:
        now = self.books.now
        how = self.random.choice(["now", "recent", "boundary", "boundary", "late", "edge"])
        if how == "now":
            return None
        if how == "recent":
            return now - timedelta(seconds=self.random.randint(-300, 300))
        if how == "late":
            return now - timedelta(hours=self.random.randint(0, 24 * 31))
        if how == "edge":
            edges = [FIVE_MINUTES, -FIVE_MINUTES, 30 * DAY]
            return now - self.random.choice(edges) + self._tick()
        near = [t for t in self._instants() if -91 * DAY < t - now < 2 * FIVE_MINUTES]
        return self.random.choice(near) + self._tick()

    def _tick(self) -> timedelta:
        return self.random.choice([-1, 0, 1]) * MICROSECOND

    def _repetition(self, known: Message) -> Message:
        how = self.random.choice(["same", "same", "less", "more", "other time", "other user"])
        quantity = known.quantity + 1 if how == "more" else known.quantity
        less = how == "less"
        time = {"less": None, "other time": (known.time or self.books.now) + MICROSECOND}
        return Message(
            known.customer,
            known.key,
            known.meter,
            quantity,
            time.get(how, known.time),
            None if less else known.contract,
            "carl" if how == "other user" else None if less else known.user,
            {} if less else known.data,
        )

    # ------------------------------------------------------------------ blocks

    def grant(self) -> None:
        """A block of any kind, now or later, of the term or not, for some meters or all."""
        pool, now = self.random.choice(self.books.pools), self.books.now
        running = pool.holder.term_at(now)
        term = running if self.random.random() < 0.5 else None
        effective_at = now
        if self.random.randrange(4) == 0:
            effective_at += self.random.choice([MICROSECOND, FIVE_MINUTES / 2, 3 * DAY])
        ends = [None, self.books.term.ends_at]
        ends += [effective_at + life for life in (timedelta(minutes=3), DAY, 20 * DAY)]
        expires_at = self.random.choice([e for e in ends if e is None or e > effective_at])
        meters = self._scope(pool)
        self.books.grant(
            pool,
            self.random.choice(KINDS),
            self._size(),
            self.random.randint(0, 500),
            effective_at=effective_at,
            expires_at=expires_at,
            term=term,
            meters=meters,
        )
        if meters and self.random.random() < 0.7:
            meter = self.random.choice(meters)
            self.books.send([self._of(pool, "e", meter, self.random.randint(1, 6))])

    def _scope(self, pool: Pool) -> list[str] | None:
        """The meters that a block is for; None for all."""
        scopes: list[list[str] | None] = [["call"], ["call", "credits"], ["enrich", "voice"]]
        if pool.unit == DATA:
            scopes = [["enrich", "voice"]] * 3
        return self.random.choice([None, None, None, *scopes])

    def _size(self) -> int:
        """How many credits a block has."""
        return self.random.randint(1, 60)

    def _grant_paid(self, pool: Pool, credits: int) -> None:
        """Credits to begin with."""
        self.books.grant(
            pool,
            "paid",
            credits,
            self.random.randint(0, 900),
            effective_at=self.books.now,
            expires_at=None,
            term=None,
        )

    def give_daily(self) -> None:
        """Credits of every day, for some days or for ever."""
        pool = self.random.choice(self.books.pools)
        today = pool.holder.day(self.books.now)
        last_day = self.random.choice([None, today, today + DAY, today + 9 * DAY])
        self.books.give_daily(pool, self.random.randint(1, 9), last_day)

    def revoke(self) -> None:
        """Some of a block's rest, or one more than that."""
        blocks: list[tuple[Pool, Block]] = [
            (pool, block)
            for pool in self.books.pools
            for block in pool.blocks
            if block.no < NOT_NUMBERED
        ]
        pool, block = self.random.choice(blocks)
        self.books.revoke(pool, block, self.random.randint(1, max(1, pool.rest(block) + 1)))

    def sweep(self) -> None:
        """Expiry, once the term's end has been dealt with: what ends comes before what expires."""
        if self.books.term.ends_at > self.books.now or self.books.grace_ends_at:
            self.books.sweep()

    # ------------------------------------------------------------------ time and terms

    def wait(self) -> None:
        """For a while, or for a boundary, to the microsecond; a term's end is dealt with or not."""
        now = self.books.now
        ahead = sorted(t for t in self._instants() if t > now)[:3]
        if ahead and self.random.random() < 0.6:
            later = max(now, self.random.choice(ahead) + self._tick())
        else:
            later = now + timedelta(
                days=self.random.randint(0, 30), hours=self.random.randrange(24)
            )
        end = self.books.term.ends_at
        if now <= end <= later and self.random.random() < 0.7:
            self.books.wait(end - now)
            self.random.choice([self.renew, self.freeze])()
        self.books.wait(later - self.books.now)

    def renew(self) -> None:
        """The next term, if this one is over, at once or late."""
        if self.books.now >= self.books.term.ends_at:
            self.books.renew(
                self._share(), self.random.randint(5, 100), self.random.randint(0, 900)
            )

    def freeze(self) -> None:
        """What is left, if the term is over and nobody has renewed it, for a few days or many."""
        if self.books.now >= self.books.term.ends_at and not self.books.grace_ends_at:
            self.books.freeze(self._share(), self.random.choice([1, 10, 60]) * DAY)
            for _ in range(self.random.randrange(4)):
                self.correct()  # what is counted over at the end of a term

    def _share(self) -> Fraction:
        return self.random.choice([Fraction(1), Fraction(1, 2), Fraction(0)])

    # ------------------------------------------------------------------ rules, months, reads

    def lift_cap(self) -> None:
        """Of the running term, up or down."""
        if self.books.term.starts_at <= self.books.now < self.books.term.ends_at:
            self.books.lift_cap(self.random.randint(0, 80))

    def change(self) -> None:
        """A setting, from now on or from a little later."""
        name = self.random.choice([*sorted(SETTINGS), "enforcement"])
        if name == "seat_allowance" and not self.crowded:
            return
        wait = self.random.choice([NOW, NOW, FIVE_MINUTES / 2, 2 * DAY])
        self.books.change(
            self.random.choice(SCOPES),
            name,
            self.random.choice(SETTINGS[name]),
            self.books.now + wait,
        )

    def publish(self) -> None:
        """Another version of the card, from now on or later; it may act before one that is known."""
        wait = self.random.choice([NOW, FIVE_MINUTES / 2, 2 * DAY, 20 * DAY])
        effective_from = self.books.now + wait
        known = self.books.oracle.versions
        if all(version.effective_from != effective_from for version in known):
            version = next_version(self.random, len(known) + 1, effective_from)
            self.books.publish(version, at=self.books.now)

    def choose(self) -> None:
        """Something else for an action, from now on or later."""
        item, to = self.random.choice(CHOICES)
        wait = self.random.choice([NOW, NOW, FIVE_MINUTES / 2, 2 * DAY])
        self.books.choose(self._holder(), item, to, self.books.now + wait)

    def buy(self) -> None:
        """A feature for two months, or licences for the running one."""
        if self.random.randrange(2):
            self.books.unlock(self._holder())
        else:
            self.books.charge_licences(self._holder(), self.random.randint(1, 6))

    def _holder(self) -> Holder:
        return self.random.choice([self.books.contract, *self.books.oracle.holders])

    def post(self) -> None:
        """Usage to the journal."""
        self.books.post()

    def close_month(self) -> None:
        """The oldest open one."""
        self.books.close_month()

    def look_back(self) -> None:
        """At a balance of any instant, as known at any other, which is past."""
        instants = self._instants()
        at, known = self.random.choice(instants), self.random.choice(instants)
        known = min(known + self._tick(), self.books.now)
        self.books.compare_as_of(at + self._tick(), known)
        self.books.compare_consumption()
        self.books.compare_seats()

    def _instants(self) -> list[datetime]:
        """Where something begins, ends, happened or was recorded."""
        found = {self.books.now, self.books.term.starts_at, self.books.term.ends_at}
        for pool in self.books.pools:
            for block in pool.blocks:
                found |= {block.effective_at, block.expires_at or self.books.now}
                found |= {block.until or self.books.now}
            for entry in pool.entries:
                found |= {entry.recorded_at, entry.effective_at}
        for hold in self.books.oracle.holds:
            found |= {hold.held_at, hold.expires_at}
        found |= {effective_at for _, _, _, effective_at in self.books.oracle.settings}
        found |= {version.effective_from for version in self.books.oracle.versions}
        for holder in self.books.oracle.holders:
            found |= {choice.effective_at for choice in holder.choices}
            found |= {holder.lock.until} if holder.lock else set()
            found |= {
                instant for term in holder.terms for instant in (term.starts_at, term.ends_at)
            }
            found.add(holder.midnight(holder.day(self.books.now).replace(day=1)))
        return sorted(found)


class Plenty(History):
    """Much usage of large contracts, most of it plain: it is drawn by the column."""

    largest_batch = 40
    plenty = 100
    crowded = False
    plain = False

    def send(self) -> None:
        """A batch that is plain all through, more often than not."""
        self.plain = self.random.random() < 0.7
        super().send()
        self.plain = False

    def _message(self) -> Message:
        if not self.plain:
            return super()._message()
        self.keys += 1
        meter = self.random.choice(["credits", "call", "credits:DATA"])
        time = self._time() if self.random.random() < 0.2 else None
        quantity = Fraction(self.random.randint(0, 40))
        customer = self.random.choice(["acme", "acme", "acme", "otto"])
        return Message(customer, f"e{self.keys}", meter, quantity, time, None)


class Scoped(Plenty):
    """Much plain usage of credits for some meters only: scopes of one meter and of two, that overlap or
    not, of a few credits or of many."""

    more = {"send": 60, "grant": 16, "hold": 6, "capture": 5, "publish": 1, "change": 2, "renew": 2}

    def __init__(self, random: Random, told: list[str] | None = None) -> None:
        """Every pool begins with credits for one of its meters."""
        super().__init__(random, told)
        for pool in self.books.pools:
            usual = ["call", "credits"] if pool.unit == CREDIT else ["credits:DATA"]
            self.books.grant(
                pool, "promo", random.randint(500, 5_000), 0, effective_at=self.books.now,
                expires_at=random.choice([None, self.books.now + 30 * DAY]), term=None,
                meters=[random.choice(usual)],
            )  # fmt: skip
            self._grant_paid(pool, 100_000)

    def _scope(self, pool: Pool) -> list[str] | None:
        if pool.unit == DATA:
            return self.random.choice([None, ["credits:DATA"], ["credits:DATA", "voice"]])
        return self.random.choice(
            [None, *4 * [["call"]], *4 * [["credits"]], ["call", "credits"], ["credits", "voice"]]
        )

    def _size(self) -> int:
        few, many = self.random.randint(1, 60), self.random.randint(500, 5_000)
        return self.random.choice([few, many])


class Seated(Plenty):
    """Much plain usage of pools in which everybody has a seat, of few credits or of many."""

    more = {
        "send": 60,
        "hold": 8,
        "capture": 6,
        "correct": 8,
        "publish": 1,
        "change": 6,
        "renew": 2,
    }

    def __init__(self, random: Random, told: list[str] | None = None) -> None:
        """There are seats from the beginning, and credits enough."""
        super().__init__(random, told)
        self._allow(random.choice([60, 300, 900]))
        for pool in self.books.pools:
            self._grant_paid(pool, 100_000)

    def change(self) -> None:
        """Another allowance, or none, or another setting."""
        if self.random.randrange(2):
            self._allow(self.random.choice([None, 20, 300, 900]))
        else:
            super().change()

    def _allow(self, credits: int | None) -> None:
        self.books.change("books", "seat_allowance", credits, self.books.now)

    def _message(self) -> Message:
        usual = super()._message()
        return replace(usual, user=self.random.choice([None, *USERS, "carl", "dora", "eve"]))
