"""A second ledger, as plain as can be: what the rules say, event by event, block by block.

Written from the domain rules alone (sections T, M, L, R, O, A; interval-ledger.md 10). Every movement
is an entry in a list and every figure a sum over entries: no line, no layout, no cache, no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

from tests.ledger.oracle_entitlements import Access, months_later_day
from tests.ledger.oracle_holds import CAPTURED, message_of
from tests.ledger.oracle_rates import (
    account,
    correct,
    count,
    exact,
    provider_cost,
    unpriceable,
    whole,
)
from tests.ledger.oracle_rows import (
    Block,
    Commitment,
    Daily,
    Draw,
    Entry,
    Event,
    Hold,
    Holder,
    Lapse,
    Message,
    Plan,
    Pool,
    Rate,
    Said,
    Term,
)
from tests.ledger.oracle_seats import Seating

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
# A day's block has no number before the ledger gives it one; then it is the newest.
NOT_NUMBERED = 10**12
FIVE_MINUTES = timedelta(minutes=5)
ROLLING = ("paid", "bonus", "migration")


class Oracle(Seating):
    """All books of one vendor."""

    def __init__(self, zone: str, rated: Mapping[str, Rate]) -> None:
        super().__init__(rated)
        self.zone = ZoneInfo(zone)
        self.accesses: list[Access] = []
        self.earned: list[tuple[date, int]] = []
        self.holders: list[Holder] = []
        self.closed: set[date] = set()
        self.events: dict[tuple[str, str], Event] = {}
        self.counts: dict[str, int] = {}
        self.days_made = 0

    # ------------------------------------------------------------------ usage

    def accept(
        self, batch: Sequence[Message], now: datetime, order: Sequence[int] | None = None
    ) -> list[Said]:
        """Take in a batch. `order`: in which its events were judged (L6: some serial order)."""
        said: dict[int, Said] = {}
        fresh: dict[int, Event] = {}
        for index, message in enumerate(batch):
            identity = message.customer, message.key
            known = self.events.get(identity)
            if known is not None:
                said[index] = self._repeated(known, message, now)
                continue
            event = self.events[identity] = self._resolved(message, now)
            if event.said.status:
                said[index] = event.said
            else:
                fresh[index] = event
        judged = list(fresh) if order is None else order
        for index in judged:
            self._judge(fresh[index], now)
            said[index] = fresh[index].said
        self._owe([fresh[index] for index in judged], now)
        self._notice_all(batch, {id(e.holder) for e in fresh.values()}, now)
        results = [said[index] for index in range(len(batch))]
        for result in results:
            self.counts[result.status] = self.counts.get(result.status, 0) + 1
        return results

    def _repeated(self, known: Event, message: Message, now: datetime) -> Said:
        """L7: the same when every field that this message gives equals what is stored."""
        stored = known.message
        aside = known.said.status in ("exception", "held")
        contract = stored.contract if aside or known.holder is None else known.holder.code
        time = stored.time if aside else known.time
        same = (
            message.meter == stored.meter
            and message.quantity == stored.quantity
            and message.time in (None, time)
            and message.contract in (None, contract)
            and message.user in (None, stored.user)
            and all(stored.data.get(name) == value for name, value in message.data.items())
        )
        return Said("duplicate") if same else Said("conflict", "conflict")

    def _resolved(
        self,
        message: Message,
        now: datetime,
        *,
        time: datetime | None = None,
        let_in: bool = False,
        entitles: bool = False,
    ) -> Event:
        """A message with its payer and rates, and why it can't be placed if it can't."""
        time = time or message.time or now
        late = let_in or now - time > FIVE_MINUTES
        holder = self._payer(message, time)
        event = Event(message, holder, time, late, entitles=entitles)
        if holder is None:
            event.said = Said("exception", "ambiguous_contract")
            return event
        event.rates = self.rates(holder, message, time, entitles=entitles)
        window = timedelta(days=self.setting(holder, "late_event_window_days", now))
        if time - now > FIVE_MINUTES:
            event.said = Said("held", "in_the_future")
        elif now - time > window and not let_in:
            event.said = Said("exception", "too_late")
        elif not event.rates:
            event.said = Said("exception", "no_rate")
        elif code := unpriceable(event):
            event.said = Said("exception", code)
        return event

    def _payer(self, message: Message, time: datetime) -> Holder | None:
        """The contract that is named, or the one that covers and prices it, or the open one; None
        where two contracts would do and none is the default."""
        mine = [h for h in self.holders if h.customer == message.customer]
        if message.contract is not None:
            return next(h for h in mine if h.code == message.contract)
        would = [h for h in mine if h.term_at(time) and self.rates(h, message, time)]
        if len(would) > 1:
            would = [h for h in would if h.is_default]
            return would[0] if would else None
        return would[0] if would else next(h for h in mine if h.open)

    def let_in(self, batch: Sequence[Message], now: datetime, order: Sequence[int]) -> None:
        """A person lets exceptions in: judged now as late use, whatever their age (L8)."""
        known = [self.events[message.customer, message.key] for message in batch]
        events = [self._resolved(e.message, now, time=e.time, let_in=True) for e in known]
        assert set(order) == {i for i, event in enumerate(events) if not event.said.status}
        for index in order:
            event, before = events[index], known[index].said.status
            self._judge(event, now)
            self.events[event.message.customer, event.message.key] = event
            self.counts[before] -= 1
            self.counts[event.said.status] = self.counts.get(event.said.status, 0) + 1
        self._owe([events[index] for index in order], now)
        for index in order:
            self._notice_pools(events[index], now)

    def _owe(self, events: Sequence[Event], now: datetime) -> None:
        """What we owe providers for a batch, in one sum per pool, item and day (V14)."""
        owed: dict[tuple[str, date], tuple[Pool, Fraction]] = {}
        for event in events:
            for rate in event.rates:
                cost = provider_cost(rate, event)
                if event.said.status == "applied" and cost and not rate.agent:
                    assert event.holder is not None
                    pool = event.holder.pool(rate.unit)
                    key = f"{id(pool)} {rate.item}", self._posting_date(event, now)
                    owed[key] = pool, cost + (owed[key][1] if key in owed else 0)
        for (_, on), (pool, cost) in owed.items():
            pool.costs.append((on, cost))

    def _posting_date(self, event: Event, now: datetime) -> date:
        economic = self.date_of(event.time)
        return self.date_of(now) if economic.replace(day=1) in self.closed else economic

    def _notice_all(self, batch: Sequence[Message], drawing: set[int], now: datetime) -> None:
        """Look at the thresholds of every pool that the batch asked for, where one drew at all."""
        for message in batch:
            event = self._resolved(message, now)
            if not event.said.status and id(event.holder) in drawing:
                self._notice_pools(event, now)

    def _notice_pools(self, event: Event, now: datetime) -> None:
        assert event.holder is not None
        for rate in event.rates:
            self.notice(event.holder.pool(rate.unit), now)

    def _judge(self, event: Event, now: datetime) -> None:
        """Apply an event whole or refuse it whole (L5)."""
        holder = event.holder
        assert holder is not None
        event.credits = need = self._need(holder, event)
        first = need[event.rates[0].unit]
        if self.enforcement(holder, event.time) == "OBSERVE":
            event.said = Said("recorded", "", first)
            return
        if self.seat_is_short(event, need, now):
            event.said = Said("refused", "seat_limit", first)
            return
        plans = {
            unit: self._plan(holder.pool(unit), event, n, now, event.late)
            for unit, n in need.items()
        }
        refusals = [plan for plan in plans.values() if isinstance(plan, str)]
        if "too_late" in refusals:
            event.said = Said("exception", "too_late")
        elif refusals:
            event.said = Said("refused", refusals[0], first)
        else:
            on = self._posting_date(event, now)
            for unit, plan in plans.items():
                assert isinstance(plan, Plan)
                self._draw(holder.pool(unit), event, plan, on, now)
            for rate in event.rates:
                count(holder.pool(rate.unit), rate, event)
            event.said = Said("applied", "", first)

    def _need(self, holder: Holder, event: Event) -> dict[str, int]:
        need: dict[str, int] = {}
        for rate in event.rates:
            pool = holder.pool(rate.unit)
            need[rate.unit] = need.get(rate.unit, 0) + whole(pool, rate, event)
        return need

    def _plan(self, pool: Pool, event: Event, need: int, now: datetime, late: bool) -> Plan | str:
        """L3, L4, L8, L9, L19: who would pay, or the code of the refusal."""
        parts = []
        wanted = need
        eligible = self._in_order(pool, event, now)
        for block in eligible:
            take = min(need, pool.rest(block))
            need -= take
            undo = []
            for lapse in reversed(block.lapses):
                if lapse.at > event.time and (back := min(need, lapse.credits)):
                    undo.append((lapse, back))
                    need -= back
            if take or undo:
                parts.append((block, take, undo))
        commitment = pool.commitment(pool.holder.term_at(event.time))
        beyond = need if event.captured else wanted - self.free(pool, event, eligible, now)
        if beyond > 0:
            refusal = self._no_overage(pool, commitment, event, beyond, now, late)
            if refusal:
                return refusal
        return Plan(parts, need, commitment)

    def _in_order(self, pool: Pool, event: Event, now: datetime) -> list[Block]:
        """The eligible blocks (L3) in draw order (L4)."""
        eligible = [
            b
            for b in pool.blocks
            if b.effective_at <= now
            and b.term_start <= event.time
            and (b.until is None or event.time < b.until)
            and (b.meters is None or event.message.meter in b.meters)
        ]
        expiry_first = self.setting(pool.holder, "draw_order", now) == "EXPIRY_FIRST"

        def key(b: Block) -> tuple[Any, ...]:
            width = len(b.meters) if b.meters is not None else 10**9
            expiry = b.expires_at.timestamp() if b.expires_at else float("inf")
            age = b.effective_at.timestamp()
            return (width, b.priority, *((expiry, age) if expiry_first else (age, expiry)), b.no)

        return sorted(eligible, key=key)

    def _no_overage(
        self,
        pool: Pool,
        commitment: Commitment | None,
        event: Event,
        need: int,
        now: datetime,
        late: bool,
    ) -> str:
        """Why `need` can't be overage, if it can't (L5, L8, O1)."""
        if commitment is None:
            return "insufficient_credits"
        if event.captured:
            return ""
        mode = self.enforcement(pool.holder, now)
        if late:
            refuses = self.setting(pool.holder, "late_admission", now) == "REFUSE_HARD"
            return "too_late" if mode == "HARD" and refuses else ""
        if mode != "SOFT":
            return "insufficient_credits"
        room = self.cap(pool, commitment, now) - pool.moved(commitment)
        room -= max(0, self.held(pool, now) - pool.balance(now))
        return "overage_cap" if need > room else ""

    def _draw(self, pool: Pool, event: Event, plan: Plan, on: date, now: datetime) -> None:
        """Write what a plan says; one draw per block, in order."""
        draws = event.draws.setdefault(pool.unit, [])
        term = pool.holder.term_at(event.time)
        for block, take, undo in plan.parts:
            for lapse, back in undo:
                lapse.credits -= back
                self._write(pool, "EXPIRE", block, -back, lapse.at, on, now)
                take += back
            entry = self._write(
                pool, "CONSUME", block, take, event.time, on, now, term, account(event, pool.unit)
            )
            draws.append(Draw(block, take, entry.value, term))
        if plan.overage:
            assert plan.commitment is not None
            entry = self._write(
                pool, "OVERAGE", plan.commitment, plan.overage, event.time, on, now, term,
                _overage(account(event, pool.unit)),
            )  # fmt: skip
            draws.append(Draw(plan.commitment, plan.overage, entry.value, term))

    def _write(
        self,
        pool: Pool,
        type_: str,
        of: Block | Commitment,
        credits: int,
        effective_at: datetime,
        on: date,
        now: datetime,
        term: Term | None = None,
        account: str = "4010",
    ) -> Entry:
        """Append a movement; its value is the difference of two roundings (M4)."""
        gone = pool.moved(of)
        value = _released(of.cost, of.quantity, gone + credits) - _released(
            of.cost, of.quantity, gone
        )
        entry = Entry(type_, of, credits, value, effective_at, now, on, term, account)
        pool.entries.append(entry)
        return entry

    # ------------------------------------------------------------------ holds

    def hold(self, message: Message, lasts: timedelta, now: datetime) -> str:
        """Place a hold on what a message of this instant would cost; fractions count as whole credits.

        Admission is that of an event of this cost and instant.
        """
        event = self._resolved(message, now)
        holder = event.holder
        if event.said.status or holder is None:
            return event.said.code
        need: dict[str, int] = {}
        for rate in event.rates:
            need[rate.unit] = need.get(rate.unit, 0) + ceil(exact(rate, event))
        asked = {unit: credits for unit, credits in need.items() if credits}
        if len(asked) != 1:
            return "hold_in_two_units" if asked else "hold_of_nothing"
        [(unit, credits)] = asked.items()
        pool = holder.pool(unit)
        if self.enforcement(holder, now) != "OBSERVE":
            if self.seat_is_short(event, asked, now):
                return "seat_limit"
            refused = self._plan(pool, event, credits, now, late=False)
            if isinstance(refused, str):
                return refused
        self.holds.append(Hold(pool, message.key, credits, now, now + lasts, message.user))
        return ""

    def capture(self, hold: Hold, message: Message, now: datetime) -> str:
        """Turn a hold into an event of its instant, whole or not at all."""
        if hold.ended is not None or now >= hold.expires_at:
            return "hold_ended"
        message = message_of(hold, message)
        event = self._resolved(message, now, let_in=True)
        event.captured = True
        if event.said.status:
            return "capture_refused"
        if {rate.unit for rate in event.rates} != {hold.pool.unit}:
            return "hold_of_another_unit"
        # Whether it could be paid decides first: what is refused has no size.
        if self._refused(hold, event, now):
            return "capture_refused"
        need = self._need(hold.pool.holder, event)[hold.pool.unit]
        if need > self.largest_capture(hold, now):
            return "hold_exceeded"
        hold.ended = (CAPTURED, now)
        self.events[message.customer, message.key] = event
        self._judge(event, now)
        self._owe([event], now)
        self.counts[event.said.status] = self.counts.get(event.said.status, 0) + 1
        self.notice(hold.pool, now)
        return ""

    def _refused(self, hold: Hold, event: Event, now: datetime) -> bool:
        """Whether a capture can't be paid; its own hold is not counted as far as it is captured."""
        if self.enforcement(hold.pool.holder, event.time) == "OBSERVE":
            return False
        need = self._need(hold.pool.holder, event)[hold.pool.unit]
        return isinstance(self._plan(hold.pool, event, need, now, late=True), str)

    # ------------------------------------------------------------------ access over time

    def buy(
        self, holder: Holder, item: str, kind: str, users: int, source: str, now: datetime
    ) -> str:
        """Buy a feature or licences for a period: credits leave at once, or nothing happens (V7)."""
        offered = self.version(holder, now).rates
        rate = next((r for r in offered if r.item == item and r.kind == kind), None)
        if rate is None:
            return "item_not_sold"
        message = Message(
            holder.customer, source, rate.meter, Fraction(users), contract=holder.code
        )
        event = self._resolved(message, now, entitles=True)
        self._judge(event, now)
        if event.said.status not in ("applied", "recorded"):
            return event.said.code
        self.events[holder.customer, source] = event
        self.counts[event.said.status] = self.counts.get(event.said.status, 0) + 1
        self._notice_pools(event, now)
        today = holder.day(now)
        first = today.replace(day=1) if kind == "licence" else today
        assert rate.months is not None
        self.accesses.append(Access(event, first, months_later_day(first, rate.months), now))
        return ""

    def _earn(self, now: datetime) -> None:
        """Revenue of access, day by day, as far as the months of the books are over."""
        for access in self.accesses:
            for through, amount in access.earn(now, self.zone):
                late = through.replace(day=1) in self.closed
                self.earned.append((self.date_of(now) if late else through, amount))

    # ------------------------------------------------------------------ corrections

    def correct(self, event: Event, credits: int, now: datetime, *, void: bool = False) -> str:
        """Set an event's credits in its first unit, a void in all (L10).

        Returns the code of a refusal, or "".
        """
        if event.entitles:
            return "entitlement_not_corrected"
        if event.void:
            return "event_void"
        holder = event.holder
        assert holder is not None
        pool = holder.pool(event.rates[0].unit)
        today = self.date_of(now)
        for unit, drawn in event.credits.items():
            if void and unit != pool.unit:
                self._correct_sums(event, unit, drawn, 0, today, first=True)
                if drawn:
                    self._give_back(holder.pool(unit), event, drawn, now)
                    event.credits[unit] = 0
                    self.notice(holder.pool(unit), now)
        before = event.credits[pool.unit]
        if credits > before:
            plan = self._plan(pool, event, credits - before, now, late=True)
            if isinstance(plan, str):
                return plan
            self._draw(pool, event, plan, today, now)
        elif credits < before:
            self._give_back(pool, event, before - credits, now)
        first = not event.corrected
        self._correct_sums(event, pool.unit, before, credits, today, first=first)
        event.credits[pool.unit] = credits
        event.void, event.corrected = void, True
        if credits != before:
            self.notice(pool, now)
        return ""

    def _correct_sums(
        self, event: Event, unit: str, before: int, credits: int, on: date, *, first: bool
    ) -> None:
        """What the correction means for running sums of a unit, and for what providers are owed."""
        assert event.holder is not None
        pool = event.holder.pool(unit)
        for rate in event.rates:
            if rate.unit == unit:
                owed = correct(pool, rate, event, before, credits, first=first)
                if owed:
                    pool.costs.append((on, owed))

    def _give_back(self, pool: Pool, event: Event, credits: int, now: datetime) -> None:
        """Reverse own draws, last first; what returns to an ended block lapses at once."""
        today = self.date_of(now)
        draws = event.draws.get(pool.unit, [])
        for draw in reversed(draws):
            back = min(credits, draw.credits)
            if not back:
                continue
            credits -= back
            type_, where = "CONSUME", account(event, pool.unit)
            if not isinstance(draw.of, Block):
                type_, where = "OVERAGE", _overage(where)
            entry = self._write(
                pool, type_, draw.of, -back, event.time, today, now, draw.term, where
            )
            draw.credits -= back
            draw.value += entry.value
            if isinstance(draw.of, Block):
                end = draw.of.expires_at
                if end is not None and end <= now:
                    draw.of.lapses.append(Lapse(end, back))
                    self._write(pool, "EXPIRE", draw.of, back, end, today, now)
        event.draws[pool.unit] = [draw for draw in draws if draw.credits]

    # ------------------------------------------------------------------ blocks and terms

    def grant(self, pool: Pool, block: Block, now: datetime) -> None:
        """Add a block; thresholds that it brings below are armed again (A2)."""
        block.counted_before = self._counted(pool, None)
        block.ends[0] = (block.effective_at, now, block.expires_at, None)
        pool.blocks.append(block)
        if block.kind != "daily":
            self._measure(pool, now)
            self.rearm(pool, now)
        self.notice(pool, now)

    def _measure(self, pool: Pool, now: datetime) -> None:
        """A1: without terms, from the oldest measured block alive at the last such grant."""
        alive = [
            b
            for b in pool.blocks
            if b.kind != "daily" and (b.expires_at is None or b.expires_at > now)
        ]
        if pool.holder.open and alive:
            pool.base = min(alive, key=lambda b: (b.effective_at, b.no)).counted_before

    def give_daily(self, pool: Pool, daily: Daily, now: datetime) -> None:
        """Credits of every day from today on; today's are usable from now on."""
        pool.dailies.append(daily)
        self._make_day(pool, daily, daily.made, now)
        self.notice(pool, now)

    def begin_days(self, now: datetime) -> None:
        """At every local midnight that went by, the day's credits are there (L15)."""
        for holder in self.holders:
            for pool in holder.pools.values():
                days = sorted(
                    {
                        d.made + DAY * n
                        for d in pool.dailies
                        for n in range((holder.day(now) - d.made).days + 1)
                    }
                )
                for day in days:
                    for daily in pool.dailies:
                        if daily.gives(day):
                            self._make_day(pool, daily, day, holder.midnight(day))

    def _make_day(self, pool: Pool, daily: Daily, day: date, begins: datetime) -> None:
        self.days_made += 1
        daily.made = day
        ends = pool.holder.midnight(day + DAY)
        pool.blocks.append(
            Block(
                source=f"{daily.source}@{day}",
                kind="daily",
                granted=daily.credits,
                cost=0,
                effective_at=begins,
                term_start=begins,
                meters=None,
                recorded_at=begins,
                ends=[(begins, begins, ends, None)],
                no=NOT_NUMBERED + self.days_made,
            )
        )

    def revoke(self, pool: Pool, block: Block, credits: int, now: datetime) -> str:
        """Take back what is left and usable, at most (V13)."""
        ended = block.expires_at is not None and block.expires_at <= now
        if credits > (0 if ended else pool.rest(block)):
            return "credits_consumed"
        free = max(0, pool.balance(now) - self.held(pool, now))
        if credits > free and block.lives(now):
            return "credits_held"
        self._write(pool, "REVOKE", block, credits, now, self.date_of(now), now)
        return ""

    def sweep(self, now: datetime) -> None:
        """Let the rest of every block that ended expire, at its end (L11); earn what is due."""
        self._earn(now)
        for holder in self.holders:
            for pool in holder.pools.values():
                ended = [b for b in pool.blocks if b.expires_at and b.expires_at <= now]
                for block in sorted(ended, key=lambda b: (b.expires_at, b.no)):
                    if pool.rest(block):
                        self._lapse(pool, block, pool.rest(block), now)

    def _lapse(self, pool: Pool, block: Block, credits: int, now: datetime) -> None:
        end = block.expires_at
        assert end is not None
        block.lapses.append(Lapse(end, credits))
        economic = self.date_of(end - MICROSECOND)
        on = self.date_of(now) if economic.replace(day=1) in self.closed else economic
        self._write(pool, "EXPIRE", block, credits, end, on, now)

    def roll_over(self, pool: Pool, share: Fraction, into: Term, now: datetime) -> None:
        """Carry what is left at the end of a term into the next, once, 24 months at most (L12)."""
        end = into.starts_at
        for block in pool.blocks:
            if self._kept(pool, block, share, end, now):
                oldest = months_later(block.effective_at, 24)
                block.ends.append((end, now, min(into.ends_at, oldest), None))
                block.rolled = True

    def freeze(
        self, pool: Pool, share: Fraction, end: datetime, grace: datetime, now: datetime
    ) -> None:
        """Keep what a renewal would carry over until the end of the grace, unusable (L13)."""
        for block in pool.blocks:
            if self._kept(pool, block, share, end, now):
                block.ends.append((end, now, grace, end))

    def _kept(self, pool: Pool, block: Block, share: Fraction, end: datetime, now: datetime) -> int:
        """What is kept of a block that may roll over at `end`; the rest of it expires."""
        if block.kind not in ROLLING or block.rolled or block.until != end:
            return 0
        left = pool.rest(block)
        kept = floor(left * share)
        if left > kept:
            self._lapse(pool, block, left - kept, now)
        return kept

    def lift(self, pool: Pool, term: Term, cap: int, now: datetime) -> None:
        commitment = pool.commitment(term)
        assert commitment is not None
        commitment.lifts.append((now, cap))
        self.rearm(pool, now)
        self.notice(pool, now)

    def date_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()


def _overage(account: str) -> str:
    """Overage has a revenue account of its own; what is not revenue at once goes where it always goes."""
    return "4020" if account == "4000" else account


def _released(cost: int, quantity: int, gone: int) -> int:
    """round(cost x gone / quantity), halves away from zero (M2, M4)."""
    exact = Fraction(cost * abs(gone), quantity)
    whole = floor(exact + Fraction(1, 2))
    return whole if gone >= 0 else -whole


def months_later(instant: datetime, months: int) -> datetime:
    """The same wall-clock time so many months later in UTC, the day clamped (T3)."""
    year, month0 = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    for day in range(instant.day, 0, -1):
        try:
            return instant.replace(year=year, month=month0 + 1, day=day)
        except ValueError:
            continue
    raise AssertionError(instant)


def month_is_over(month: date, today: date) -> bool:
    """Whether the month that begins on `month` is over."""
    return (today.year, today.month) > (month.year, month.month)
