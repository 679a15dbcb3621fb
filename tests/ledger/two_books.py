"""Does every act twice, on the ledger and on the oracle, and compares what stands in both.

One vendor with two customers: Acme with a contract in two units, at times a second one, and its open
contract; Otto with an open one. Acts go through the work modules, as doors would; times are arguments,
the clock is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from unittest import mock
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from accounts.models import Customer
from creditops.lib import due, policies
from creditops.lib.refusals import Refusal
from ledger import (
    availability,
    balances,
    books,
    caps,
    closing,
    corrections,
    daily_credits,
    entitlements,
    exceptions,
    expiry,
    explain,
    fast_lane,
    grants,
    holders,
    holds,
    intake_counts,
    meter_uses,
    metering,
    posting,
    rate_choices,
    statements,
    tariffs,
    totals,
    units,
)
from ledger.drawdown import Drawing
from ledger.expiry import Carry
from ledger.grants import Grant
from ledger.messages import Message as Wire
from ledger.models import Block as BlockRow
from ledger.models import Drain, ThresholdCrossing, UsageEvent
from ledger.models import Hold as HoldRow
from ledger.models import Holder as HolderRow
from ledger.models import Pool as PoolRow
from ledger.models import Term as TermRow
from ledger.tariffs import Price
from tests import cast
from tests.ledger import meter_pieces, oracle, oracle_reads
from tests.ledger.oracle import Oracle
from tests.ledger.oracle_holds import message_of
from tests.ledger.oracle_rows import (
    Block,
    Choice,
    Commitment,
    Daily,
    Event,
    Hold,
    Holder,
    Lock,
    Message,
    Pool,
    Said,
    Term,
    Version,
)
from tests.ledger.price_list import CREDIT, DATA, PROPERTIES, RATED, RATES

LONG_AGO = cast.at("2025-06-01")
USERS = ("ann", "bob")
CUSTOMERS = ("acme", "otto")
# Totals are read in two ways, which takes long: after every so many acts, and at the end.
TOTALS_EVERY = 4

# Of a pool: (used, expired, voided, left) per block, what is on hold, overage.
Figures = tuple[dict[str, tuple[int, int, int, int]], int, int]


class TwoBooks:
    """The ledger and the oracle side by side."""

    def __init__(
        self,
        zone: str,
        *,
        commitment: int,
        price: int,
        data_commitment: int,
        locked_until: datetime | None = None,
        second: int = 0,
        default: str = "",
        told: list[str] | None = None,
    ) -> None:
        """Open both books; Acme's contract c1 begins, with credits in both units.

        Args:
            zone: of the books.
            commitment, price: of c1's first term, in credits and minor units.
            data_commitment: of its second unit; 0 for none, so that it knows no overage.
            locked_until: c1 keeps the first version of the card until then.
            second: the commitment of Acme's second contract c2; 0 for none.
            default: the code of the contract that pays where both would.
            told: where acts are noted.
        """
        self.now = cast.START
        self.oracle = Oracle(zone, RATED)
        self.rows: dict[int, PoolRow] = {}
        self.holder_rows: dict[str, HolderRow] = {}
        self.term_rows: dict[int, TermRow] = {}
        self.sent: list[Message] = []
        self.compared: dict[str, list[Figures]] = {}
        self.comparisons = 0
        self.months_closed = 0
        self.told = [] if told is None else told
        books.open_books(currency="USD", time_zone=zone, at=LONG_AGO)
        cast.sign_books(LONG_AGO)
        self._make_meters()
        self.publish(Version("1", LONG_AGO, RATES), at=LONG_AGO)
        acme, otto = cast.customer("acme"), cast.customer("otto")
        is_default = default == "c1"
        row = holders.add(acme, code="c1", time_zone="UTC", at=cast.START, is_default=is_default)
        self.contract = self._holder(row, open_=False, locked_until=locked_until)
        self.pools = [
            self._pool(self.contract, CREDIT),
            self._pool(self.contract, DATA),
            self._pool(self._holder(holders.pay_as_you_go(acme, cast.START), open_=True), CREDIT),
            self._pool(self._holder(holders.pay_as_you_go(otto, cast.START), open_=True), CREDIT),
        ]
        self.grace_ends_at: datetime | None = None
        self.term = self._begin_term(self.contract, cast.START, cast.at("2026-04-01"))
        self._commit(self.pools[0], self.term, commitment, price)
        if data_commitment:
            self._commit(self.pools[1], self.term, data_commitment, price)
        if second:
            self._sign_second(acme, second, is_default=default == "c2")

    # ------------------------------------------------------------------ acts

    def tell(self, act: str, *what: object) -> None:
        """Note an act for the one who reads a failure."""
        self.told.append(f"{self.now.isoformat()} {act} {' '.join(map(str, what))}")

    def wait(self, time: timedelta) -> None:
        """Let time go by; nothing else happens."""
        self.now += time
        self.oracle.begin_days(self.now)

    def send(self, batch: Sequence[Message]) -> None:
        """Send a batch; every outcome and every draw of it must be the oracle's."""
        self.tell("send", *[_told(m) for m in batch])
        self.sent += batch
        with _order_of_judgement() as judged:
            receipt = metering.accept(
                [_wire(message) for message in batch], at=self.now, origin="test"
            )
        outcomes = [
            Said(
                outcome.status,
                outcome.code,
                outcome.credits if outcome.status in ("applied", "recorded", "refused") else None,
            )
            for outcome in receipt.outcomes
        ]
        expected = self.oracle.accept(batch, self.now, judged)
        assert outcomes == expected
        self._compare_events(batch)

    def let_in(self, count: int) -> None:
        """Let in that many of the exceptions that wait, in one batch."""
        rows = list(exceptions.waiting().filter(kind="exception").order_by("id")[:count])
        batch = [self.oracle.events[row.customer_code, row.key].message for row in rows]
        self.tell("let in", *map(_told, batch))
        with _order_of_judgement() as judged:
            exceptions.apply(rows, by="Fiona", reason="test", at=self.now)
        self.oracle.let_in(batch, self.now, judged)
        self._compare_events(batch)

    def hold(self, message: Message, lasts: timedelta) -> None:
        """Set aside what a message would cost, under its key."""
        self.tell("hold", _told(message), lasts)
        refused = _refusal(
            lambda: holds.place(
                _wire(message), code=message.key, lasts=lasts, by="Ada", at=self.now
            )
        )
        assert refused == self.oracle.hold(message, lasts, self.now)

    def capture(self, hold: Hold, message: Message) -> None:
        """Turn a hold into an event."""
        self.tell("capture", hold.code, _told(message))
        row = HoldRow.objects.get(code=hold.code)
        refused = _refusal(lambda: holds.capture(row, _wire(message), origin="test", at=self.now))
        assert refused == self.oracle.capture(hold, message, self.now)
        if not refused:
            self.sent.append(message_of(hold, message))
            self._compare_events(self.sent[-1:])

    def release(self, hold: Hold) -> None:
        """Give a hold back."""
        self.tell("release", hold.code)
        row = HoldRow.objects.get(code=hold.code)
        refused = _refusal(lambda: holds.release(row, at=self.now))
        assert refused == self.oracle.release(hold, self.now)

    def publish(self, version: Version, *, at: datetime) -> None:
        """Publish a version of the card that prices everybody but for locks."""
        self.tell("publish", version.name, version.effective_from, *version.rates)
        tariffs.publish(
            name="std",
            version=version.name,
            prices=[
                Price(
                    item=rate.item,
                    kind=rate.kind,
                    meter=self.meters[rate.meter],
                    property=rate.property,
                    match=dict(rate.match),
                    unit=self.units[rate.unit],
                    credits=rate.credits,
                    per=rate.per,
                    role="agent" if rate.agent else "principal",
                    period_months=rate.months,
                )
                for rate in version.rates
            ],
            effective_from=version.effective_from,
            at=at,
        )
        self.oracle.publish(version)

    def choose(self, holder: Holder, item: str, to: str, effective_at: datetime) -> None:
        """Have a customer choose what an action is rated as."""
        self.tell("choose", holder.code, item, to, effective_at)
        row = self.holder_rows[holder.code]
        refused = _refusal(
            lambda: rate_choices.choose(
                row, item=item, to=to, effective_at=effective_at, by="Ada", at=self.now
            )
        )
        assert refused == self.oracle.choose(holder, item, to, effective_at, self.now)
        if not refused:
            holder.choices.append(Choice(item, to, effective_at))

    def unlock(self, holder: Holder) -> None:
        """Buy a feature for a flat fee."""
        source = f"x{len(self.oracle.accesses) + 1}"
        self.tell("unlock", holder.code, source)
        row = self.holder_rows[holder.code]
        refused = _refusal(
            lambda: entitlements.unlock(row, item="sync", source=source, by="Ada", at=self.now)
        )
        assert refused == self.oracle.buy(holder, "sync", "flat", 1, source, self.now)
        self._compare_bought(holder, source, refused)

    def charge_licences(self, holder: Holder, users: int) -> None:
        """Buy licences for the running month."""
        source = f"x{len(self.oracle.accesses) + 1}"
        self.tell("charge licences", holder.code, users, source)
        row = self.holder_rows[holder.code]
        refused = _refusal(
            lambda: entitlements.charge_licences(
                row, item="seat", users=users, source=source, by="Ada", at=self.now
            )
        )
        assert refused == self.oracle.buy(holder, "seat", "licence", users, source, self.now)
        self._compare_bought(holder, source, refused)

    def _compare_bought(self, holder: Holder, source: str, refused: str) -> None:
        if refused:
            assert not UsageEvent.objects.filter(key=source).exists()
        else:
            self._compare_events([self.oracle.events[holder.customer, source].message])

    def grant(
        self,
        pool: Pool,
        kind: str,
        credits: int,
        cost: int,
        *,
        effective_at: datetime,
        expires_at: datetime | None,
        term: Term | None,
        meters: Sequence[str] | None = None,
    ) -> None:
        """Grant a block."""
        source = f"b{sum(len(p.blocks) for p in self.pools) + 1}"
        row = None if term is None else self.term_rows[id(term)]
        self.tell("grant", pool.holder.code, pool.unit, source, kind, credits, cost,
                  effective_at, expires_at, term and term.number, meters)  # fmt: skip
        issued = grants.issue(
            self.rows[id(pool)],
            [
                Grant(
                    kind=kind,
                    credits=credits,
                    source=source,
                    effective_at=effective_at,
                    expires_at=expires_at,
                    cost_minor=cost,
                    cost_functional_minor=cost,
                    currency="USD",
                    term=row,
                    meters=None if meters is None else [self.meters[code].id for code in meters],
                )
            ],
            at=self.now,
        )
        self.oracle.grant(
            pool,
            Block(
                source=source,
                kind=kind,
                granted=credits,
                cost=cost,
                effective_at=effective_at,
                term_start=effective_at if term is None else term.starts_at,
                meters=None if meters is None else frozenset(meters),
                recorded_at=self.now,
                ends=[(effective_at, self.now, expires_at, None)],
                no=issued[0].id,
            ),
            self.now,
        )

    def give_daily(self, pool: Pool, credits: int, last_day: date | None) -> None:
        """Give credits of every day from today on."""
        source = f"d{sum(len(p.dailies) for p in self.pools) + 1}"
        self.tell("give daily", pool.holder.code, pool.unit, source, credits, last_day)
        daily_credits.start(
            self.rows[id(pool)], credits=credits, source=source, last_day=last_day, by="Fiona",
            reason="test", at=self.now,
        )  # fmt: skip
        self.oracle.give_daily(
            pool, Daily(source, credits, last_day, made=pool.holder.day(self.now)), self.now
        )

    def correct(self, event: Event, credits: int, *, void: bool) -> None:
        """Correct or void an applied event."""
        self.tell("correct", _told(event.message), credits, void)
        row = self._event_row(event.message)
        refused = ""
        try:
            if void:
                corrections.void(row, by="Fiona", reason="test", at=self.now)
            else:
                corrections.correct(row, credits=credits, by="Fiona", reason="test", at=self.now)
        except Refusal as refusal:
            refused = refusal.code
        assert refused == self.oracle.correct(event, credits, self.now, void=void)
        self._compare_events([event.message])

    def revoke(self, pool: Pool, block: Block, credits: int) -> None:
        """Take credits back."""
        self.tell("revoke", block.source, credits)
        row = BlockRow.objects.get(source=block.source)
        refused = ""
        try:
            grants.revoke(row, credits=credits, by="Fiona", reason="test", at=self.now)
        except Refusal as refusal:
            refused = refusal.code
        assert refused == self.oracle.revoke(pool, block, credits, self.now)

    def sweep(self) -> None:
        """Let expire what ended."""
        self.tell("sweep")
        report = due.run(self.now, now=self.now)
        assert report.failed == []
        self.oracle.sweep(self.now)

    def renew(self, share: Fraction, commitment: int, price: int) -> None:
        """The term has ended: the next begins where it ended, what is left rolls over.

        Of what was frozen the share was kept then: all of it comes back, or it is over by now.
        """
        if self.grace_ends_at is not None:
            share = Fraction(1)
            if self.grace_ends_at <= self.now:
                self.sweep()
            self.grace_ends_at = None
        self.tell("renew", share, commitment, price)
        end = self.term.ends_at
        self.term = self._begin_term(self.contract, end, oracle.months_later(end, 3))
        row = self.term_rows[id(self.term)]
        for pool in self.pools[:2]:
            pool_row = self.rows[id(pool)]
            expiry.roll_over(
                pool_row,
                expiry.rollable(pool_row, end),
                Carry(share, row, "UTC"),
                at=end,
                recorded_at=self.now,
            )
            self.oracle.roll_over(pool, share, self.term, self.now)
        self._commit(self.pools[0], self.term, commitment, price)

    def freeze(self, share: Fraction, grace: timedelta) -> None:
        """The term has ended and is not renewed yet: what is left is frozen for a while (L13)."""
        self.tell("freeze", share, grace)
        end = self.term.ends_at
        self.grace_ends_at = end + grace
        for pool in self.pools[:2]:
            pool_row = self.rows[id(pool)]
            expiry.freeze(
                pool_row,
                expiry.rollable(pool_row, end),
                share,
                at=end,
                until=self.grace_ends_at,
                recorded_at=self.now,
            )
            self.oracle.freeze(pool, share, end, self.grace_ends_at, self.now)

    def lift_cap(self, cap: int) -> None:
        """Approve a cap for the running term."""
        self.tell("lift_cap", cap)
        pool = self.pools[0]
        row = self.rows[id(pool)]
        caps.lift(
            self.holder_rows["c1"],
            unit_id=row.unit_id,
            cap=cap,
            by="Ada",
            reason="test",
            at=self.now,
        )
        self.oracle.lift(pool, self.term, cap, self.now)

    def change(self, scope: str, name: str, value: object, effective_at: datetime) -> None:
        """Change a setting of a scope from an instant on."""
        self.tell("change", scope, name, value, effective_at)
        policies.change(
            scope,
            {name: value},
            effective_at=effective_at,
            recorded_at=self.now,
            by="Fiona",
        )
        read = Fraction(str(value)) if name.endswith("_pct") else value
        self.oracle.settings.append((scope, name, read, effective_at))

    def post(self) -> None:
        """Post what waits; the journal must say what the oracle says, by date and account."""
        self.tell("post")
        posting.run(self.now)
        posted = {
            key: -net
            for key, net in statements.net(statements.lines()).items()
            if key[1].startswith("4") or key[1] in ("2010", "2120", "5000")
        }
        assert posted == oracle_reads.earnings(self.oracle, self.pools)
        assert posting.run(self.now) == 0

    def close_month(self) -> None:
        """Close the oldest open month, if it is over."""
        self.tell("close_month")
        month = oracle.months_later(LONG_AGO, 6 + self.months_closed).date()
        if oracle.month_is_over(month, self.oracle.date_of(self.now)):
            closing.close_month(month, by="Fiona", at=self.now)
            self.months_closed += 1
            self.oracle.closed.add(month)

    # ------------------------------------------------------------------ comparing

    def compare(self) -> None:
        """Blocks, overage and alerts are the oracle's, and the database has no objection.

        A customer whose figures are what they were when they were compared last waits for the end.
        """
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        self._number_days()
        # As of a little later, so that events from there are counted too.
        later = self.now + oracle.FIVE_MINUTES
        for customer in CUSTOMERS:
            expected = self._expected(customer, later, self.now)
            if self.compared.get(customer) != expected:
                self._compare_balances(customer, expected, later, self.now)
                self.compared[customer] = expected
        self.comparisons += 1
        if self.comparisons % TOTALS_EVERY == 0:
            self.compare_totals()
        self._compare_crossings()

    def _number_days(self) -> None:
        """Between equals the order of creation decides; of a day's blocks only the ledger knows it."""
        if not any(pool.dailies for pool in self.pools):
            return
        numbers = dict(BlockRow.objects.filter(kind="daily").values_list("source", "id"))
        for pool in self.pools:
            for block in pool.blocks:
                block.no = numbers.get(block.source, block.no)

    def compare_totals(self) -> None:
        """What pools come to now is what their books say, read with all blocks and draws."""
        for customer in CUSTOMERS:
            rows = [self.rows[id(pool)] for pool in self._pools_of(customer)]
            caps = balances.caps(rows, self.now)
            said = balances.of_pools(rows, as_of=self.now, known_at=self.now)
            for known, slow in zip(totals.of_pools(rows, self.now), said, strict=True):
                for name in (
                    "pool_id", "holder", "unit", "available", "held", "left", "granted", "used",
                    "expired", "voided", "overage",
                ):  # fmt: skip
                    told = (getattr(known, name), getattr(slow, name))
                    assert told[0] == told[1], (known.holder, known.unit, name)
                assert known.overage_cap == caps.get(known.pool_id), (known.holder, known.unit)

    def compare_as_of(self, at: datetime, known: datetime) -> None:
        """The balances at one pair of instants are the oracle's."""
        for customer in CUSTOMERS:
            self._compare_balances(customer, self._expected(customer, at, known), at, known)

    def _expected(self, customer: str, at: datetime, known: datetime) -> list[Figures]:
        return [
            (
                oracle_reads.as_of(pool, at, known),
                self.oracle.held_as_of(pool, at, known),
                oracle_reads.overage_as_of(pool, at, known),
            )
            for pool in self._pools_of(customer)
        ]

    def _compare_balances(
        self, customer: str, expected: Sequence[Figures], at: datetime, known: datetime
    ) -> None:
        pools = self._pools_of(customer)
        rows = [self.rows[id(pool)] for pool in pools]
        found = balances.of_pools(rows, as_of=at, known_at=known)
        for pool, balance, (blocks, held, overage) in zip(pools, found, expected, strict=True):
            where = (pool.holder.code, pool.unit, at, known)
            assert {
                block.source: (block.used, block.expired, block.voided, block.left)
                for block in balance.blocks
            } == blocks, where
            assert balance.held == held, where
            left = sum(left for _, _, _, left in blocks.values())
            assert balance.available == max(0, left - held), where
            assert balance.overage == overage, where

    def _pools_of(self, customer: str) -> list[Pool]:
        return [pool for pool in self.pools if pool.holder.customer == customer]

    def compare_consumption(self) -> None:
        """What each term used, by kind of credits, is the oracle's."""
        for pool in self.pools:
            for term in pool.holder.terms:
                found = balances.consumption(self.rows[id(pool)], self.term_rows[id(term)])
                used = {kind: credits for kind, credits in found.items() if credits}
                assert used == oracle_reads.consumption(pool, term), (pool.unit, term.number)

    def compare_everything(self) -> None:
        """Every event with its draws; the counts of messages; sending all again changes nothing."""
        self._compare_events([event.message for event in self.oracle.events.values()])
        self._compare_counts()
        crossed = ThresholdCrossing.objects.count()
        stored = UsageEvent.objects.count()
        for start in range(0, len(self.sent), 50):
            again = self.sent[start : start + 50]
            receipt = metering.accept([_wire(m) for m in again], at=self.now, origin="again")
            said = [outcome.status for outcome in receipt.outcomes]
            assert said == [s.status for s in self.oracle.accept(again, self.now, [])]
            assert set(said) <= {"duplicate", "conflict"}
        assert UsageEvent.objects.count() == stored
        assert ThresholdCrossing.objects.count() == crossed
        self._compare_counts()
        self.compared.clear()
        self.compare()
        self.compare_totals()
        self.compare_as_of(self.now + timedelta(days=900), self.now)
        self.compare_consumption()
        self.compare_meters()
        self.post()

    def compare_meters(self) -> None:
        """What use was worth by meter is the same drain by drain, over all days and in each of them."""
        days = sorted(set(Drain.objects.values_list("posting_date", flat=True)))
        for first, last in {(day, day) for day in days} | set(
            zip(days[:1], days[-1:], strict=True)
        ):
            found = meter_uses.of(first, last, known_at=self.now)
            assert found == meter_pieces.of(first, last, known_at=self.now), (first, last)

    def _compare_counts(self) -> None:
        counts = intake_counts.of()
        assert counts.pop("received") == sum(self.oracle.counts.values())
        told = {status: n for status, n in self.oracle.counts.items() if n}
        assert {status: n for status, n in counts.items() if n} == told

    def _compare_events(self, batch: Sequence[Message]) -> None:
        """Status, code and draws of stored events."""
        keys = {message.key for message in batch}
        stored = UsageEvent.objects.filter(key__in=keys).select_related("customer")
        rows = {(row.customer.code, row.key): row for row in stored}
        for message in batch:
            event = self.oracle.events[message.customer, message.key]
            self._compare_event(event, rows.get((message.customer, message.key)))

    def _compare_event(self, event: Event, row: UsageEvent | None) -> None:
        if event.said.status in ("exception", "held"):
            assert row is None
            return
        assert row is not None
        assert event.holder is not None
        assert row.get_status_display() == event.said.status
        assert row.code == event.said.code
        found: dict[str, list[tuple[str | None, int, int]]] = {}
        for draw in explain.draws(row) if event.said.status == "applied" else ():
            unit = next(p.unit for p in self.pools if self.rows[id(p)].id == draw.pool_id)
            found.setdefault(unit, []).append((draw.block_source, draw.credits, draw.value))
        expected = {
            unit: [(draw.source, draw.credits, draw.value) for draw in draws]
            for unit, draws in event.draws.items()
            if draws
        }
        assert found == expected, event.message

    def compare_seats(self) -> None:
        """What users have left of their allowance, where there is one, is the oracle's."""
        for pool in self.pools:
            for user in USERS:
                row = self.rows[id(pool)]
                seat = availability.seats([row], user, self.now).get(row.id)
                left = self.oracle.seat_left(pool, user, self.now, self.now)
                found = seat and max(0, seat.allowance - seat.used - seat.held)
                assert found == left, (pool.holder.code, pool.unit, user)

    def _compare_crossings(self) -> None:
        terms = [term for pool in self.pools for term in pool.holder.terms]
        numbers = {self.term_rows[id(term)].id: term.number for term in terms}
        found: dict[int, list[tuple[int, str, int]]] = {}
        for crossing in ThresholdCrossing.objects.all():
            told = (numbers.get(crossing.term_id, 0), crossing.threshold, crossing.arming)
            found.setdefault(crossing.pool_id, []).append(told)
        for pool in self.pools:
            fired = found.get(self.rows[id(pool)].id, [])
            assert sorted(fired) == sorted(pool.crossings), (pool.holder.code, pool.unit)

    # ------------------------------------------------------------------ setting up

    def _make_meters(self) -> None:
        self.units = {code: units.ensure(code) for code in (CREDIT, DATA)}
        self.meters = {code: units.find_meter(code) for code in RATED}
        for code in dict.fromkeys(rate.meter for rate in RATES):
            kept = PROPERTIES.get(code)
            self.meters[code] = units.create_meter(code=code, name=code, properties=kept)

    def _holder(
        self, row: HolderRow, *, open_: bool, locked_until: datetime | None = None
    ) -> Holder:
        self.holder_rows[row.code] = row
        zone, version = ZoneInfo(row.time_zone), self.oracle.versions[0]
        holder = Holder(row.customer.code, row.code, open_, zone, is_default=row.is_default)
        pinned = None
        if locked_until is not None:
            holder.lock = Lock(version, locked_until)
            pinned = tariffs.current("std", LONG_AGO)
        tariffs.assign(
            row, name="std", starts_at=LONG_AGO, source="test", pinned=pinned,
            locked_until=locked_until,
        )  # fmt: skip
        self.oracle.holders.append(holder)
        return holder

    def _sign_second(self, buyer: Customer, commitment: int, *, is_default: bool) -> None:
        """A contract beside the first one, in another zone, with a term that nobody renews."""
        row = holders.add(
            buyer, code="c2", time_zone="America/New_York", at=cast.START, is_default=is_default
        )
        pool = self._pool(self._holder(row, open_=False), CREDIT)
        self.pools.append(pool)
        term = self._begin_term(pool.holder, cast.at("2026-01-20"), cast.at("2026-05-20"))
        self._commit(pool, term, commitment, 500)

    def _pool(self, holder: Holder, unit: str) -> Pool:
        pool = holder.pool(unit)
        self.rows[id(pool)] = holders.pool(
            self.holder_rows[holder.code], units.find(unit), cast.START
        )
        return pool

    def _begin_term(self, holder: Holder, starts_at: datetime, ends_at: datetime) -> Term:
        term = Term(len(holder.terms) + 1, starts_at, ends_at)
        self.term_rows[id(term)] = holders.begin_term(
            self.holder_rows[holder.code], starts_at=starts_at, ends_at=ends_at
        )
        holder.terms.append(term)
        return term

    def _commit(self, pool: Pool, term: Term, credits: int, price: int) -> None:
        """Commit a pool to a term, and grant the commitment."""
        holders.commit(
            self.term_rows[id(term)],
            self.rows[id(pool)],
            commitment=credits,
            price_minor=price,
            currency="USD",
            price_functional_minor=price,
            at=self.now,
        )
        pool.commitments.append(Commitment(term, credits, price))
        self.grant(
            pool,
            "paid",
            credits,
            price,
            effective_at=term.starts_at,
            expires_at=term.ends_at,
            term=term,
        )

    def _event_row(self, message: Message) -> UsageEvent:
        return UsageEvent.objects.get(key=message.key, customer__code=message.customer)


def _wire(message: Message) -> Wire:
    quantity = Decimal(message.quantity.numerator) / Decimal(message.quantity.denominator)
    return Wire(
        source="test",
        key=message.key,
        customer=message.customer,
        meter=message.meter,
        contract=message.contract,
        time=message.time,
        quantity=quantity,
        user=message.user,
        data=message.data,
    )


def _refusal(act: Callable[[], object]) -> str:
    """The code with which an act is refused; empty if it is not."""
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return ""


def _told(message: Message) -> str:
    """A message in one line."""
    m = message
    told = f"{m.customer} {m.contract} {m.key} {m.meter} {m.quantity} {m.user} {dict(m.data)}"
    return f"[{told} @{m.time}]"


@contextmanager
def _order_of_judgement() -> Iterator[list[int]]:
    """Notes the order in which the drawing judges events: the serial order that it claims (L6)."""
    judged: list[int] = []

    def noting(method):
        def judge(drawing, event):
            if event.index not in judged:
                judged.append(event.index)
            return method(drawing, event)

        return judge

    def noting_placed(method):
        def place(plain, fit, *args):
            placed = method(plain, fit, *args)
            told = plain.only(~fit.closer)
            order = np.lexsort((told.index, told.time))
            judged.extend(told.index[order].tolist())
            return placed

        return place

    with (
        mock.patch.object(fast_lane, "place", noting_placed(fast_lane.place)),
        mock.patch.object(Drawing, "_draw_on_line", noting(Drawing._draw_on_line)),
        mock.patch.object(Drawing, "_draw_beside", noting(Drawing._draw_beside)),
    ):
        yield judged
