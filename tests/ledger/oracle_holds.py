"""What the oracle knows of holds (L19): a list of them, and who may use what beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import floor

from tests.ledger.oracle_rates import Pricing
from tests.ledger.oracle_rows import Block, Event, Hold, Message, Pool, Rate

LAPSED, RELEASED, CAPTURED = "lapsed", "released", "captured"


class Holding(Pricing):
    """Holds, and the part of admission that goes by them."""

    def __init__(self, rated: Mapping[str, Rate]) -> None:
        super().__init__(rated)
        self.holds: list[Hold] = []

    def held(self, pool: Pool, now: datetime) -> int:
        """What is on hold in a pool at `now`; a hold that is over holds nothing, swept or not."""
        return sum(
            hold.credits
            for hold in self.holds
            if hold.pool is pool and hold.ended is None and now < hold.expires_at
        )

    def free(self, pool: Pool, event: Event, eligible: list[Block], now: datetime) -> int:
        """What an event may take of the blocks that it is eligible for: what others have left covers
        holds first, then its own."""
        total = sum(
            pool.rest(block) + sum(lapse.credits for lapse in block.lapses if lapse.at > event.time)
            for block in eligible
        )
        others = sum(
            pool.rest(block) for block in pool.blocks if block not in eligible and block.lives(now)
        )
        return max(0, total - max(0, self.held(pool, now) - others))

    def release(self, hold: Hold, now: datetime) -> str:
        """Give a hold back; one that is over stays so."""
        if hold.ended is not None and hold.ended[0] == CAPTURED:
            return "hold_ended"
        if hold.ended is None and now < hold.expires_at:
            hold.ended = (RELEASED, now)
        return ""

    def largest_capture(self, hold: Hold, now: datetime) -> int:
        """What was held, and the percentage that policy adds."""
        more = self.setting(hold.pool.holder, "hold_over_pct", now)
        return hold.credits + floor(more * hold.credits / 100)

    def held_as_of(self, pool: Pool, at: datetime, known: datetime) -> int:
        """What was on hold at `at`, as known at `known`: what was captured since is usage instead."""
        return sum(
            hold.credits
            for hold in self.holds
            if hold.pool is pool
            and hold.held_at <= min(at, known)
            and at < hold.expires_at
            and not _over(hold, at, known)
        )


def message_of(hold: Hold, message: Message) -> Message:
    """The message of a capture: the hold's customer, contract, user and instant."""
    holder = hold.pool.holder
    return replace(
        message,
        customer=holder.customer,
        contract=holder.code,
        time=hold.held_at,
        user=hold.user,
    )


def _over(hold: Hold, at: datetime, known: datetime) -> bool:
    if hold.ended is None:
        return False
    how, when = hold.ended
    return when <= known and (how == CAPTURED or when <= at)
