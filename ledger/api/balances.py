"""`/customers/{c}/balance` and `/customers/{c}/blocks`: how many credits there are."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from accounts.models import Customer
from creditops.lib import clock
from creditops.lib.api import shapes
from creditops.lib.api.forms import Choice, Instant, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from ledger import availability, balances, totals
from ledger.api import pools
from ledger.api.pools import BlockShown, PoolQuery
from ledger.availability import SeatStanding
from ledger.balances import Balance as PoolBalance
from ledger.models import PoolState
from ledger.totals import Totals

NONE, OPEN, ALL = "none", "open", "all"


class BalanceQuery(PoolQuery):
    """As of which instant, and as known at which."""

    as_of = Instant(required=False, help_text="what had happened by then; default: now")
    known_at = Instant(required=False, help_text="as the books knew it then; default: now")
    blocks = Choice(
        choices=(NONE, OPEN, ALL), default=NONE, help_text="blocks to list: open ones have credits"
    )
    user = Text(
        required=False, help_text="shows this user's seat as it is now, where there are seats"
    )


class SeatShown(TypedDict):
    """A user's seat in the running month. `available` is the smaller of what is left of the
    allowance and of the pool."""

    user: str
    allowance: int
    used: int
    held: int
    available: int


class BlocksQuery(PoolQuery):
    """Which blocks."""

    state = Choice(choices=pools.STATES, required=False)


class PoolBalanceShown(TypedDict):
    """A pool's balance. `overage_cap` is null where no overage is allowed; `seat` is there where a
    user is named and the pool has seats."""

    contract: str
    unit: str
    available: int
    held: int
    granted: int
    used: int
    expired: int
    voided: int
    overage: int
    overage_cap: int | None
    seat: NotRequired[SeatShown]
    blocks: NotRequired[list[BlockShown]]


class BalanceShown(TypedDict):
    """A customer's balances. `ledger_seq` grows with every change of its books."""

    customer: str
    as_of: shapes.Instant
    known_at: shapes.Instant
    balances: list[PoolBalanceShown]
    ledger_seq: int


class Balance(ApiView):
    """How many credits a customer has, now or at any instant."""

    @Operation(scope=Scope.USAGE_READ, query=BalanceQuery, answers=BalanceShown)
    def get(self, request: Request, customer: str) -> Response:
        """Show what is available, per contract and credit unit. A late event changes `as_of`, never
        `known_at`."""
        now, query = clock.now(), self.query
        whose = self.customer(customer)
        shown: BalanceShown = {
            "customer": whose.code,
            "as_of": written(query.get("as_of", now)),
            "known_at": written(query.get("known_at", now)),
            "balances": self._shown(whose, now),
            "ledger_seq": _ledger_seq(whose),
        }
        return Response(shown)

    def _shown(self, customer: Customer, now: datetime) -> list[PoolBalanceShown]:
        as_of, known_at = self.query.get("as_of", now), self.query.get("known_at", now)
        found = pools.of(customer, self.query)
        user = self.query.get("user")
        seats = availability.seats(found, user, now) if user else {}
        if not {"as_of", "known_at"} & self.query.keys() and self.query["blocks"] == NONE:
            return [
                _shown_pool(known, known.overage_cap, seats.get(known.pool_id))
                for known in totals.of_pools(found, now)
            ]
        caps = balances.caps(found, as_of)
        return [
            _with_blocks(
                _shown_pool(balance, caps.get(balance.pool_id), seats.get(balance.pool_id)),
                balance,
                self.query["blocks"],
            )
            for balance in balances.of_pools(found, as_of=as_of, known_at=known_at)
        ]


class Blocks(ApiView):
    """A customer's blocks of credits."""

    @Operation(scope=Scope.LEDGER_READ, query=BlocksQuery, answers=Page[BlockShown])
    def get(self, request: Request, customer: str) -> Response:
        """List the blocks of a customer as they are now, all on one page."""
        now = clock.now()
        found = pools.of(self.customer(customer), self.query)
        blocks = [
            block
            for balance in balances.of_pools(found, as_of=now, known_at=now)
            for block in balance.blocks
            if self.query.get("state") in (None, block.state)
        ]
        page: Page[BlockShown] = {"results": pools.shown_blocks(blocks), "next": None}
        return Response(page)


def _shown_pool(
    balance: PoolBalance | Totals, cap: int | None, seat: SeatStanding | None
) -> PoolBalanceShown:
    shown: PoolBalanceShown = {
        "contract": balance.holder,
        "unit": balance.unit,
        "available": balance.available,
        "held": balance.held,
        "granted": balance.granted,
        "used": balance.used,
        "expired": balance.expired,
        "voided": balance.voided,
        "overage": balance.overage,
        "overage_cap": cap,
    }
    if seat is not None:
        shown["seat"] = {
            "user": seat.user,
            "allowance": seat.allowance,
            "used": seat.used,
            "held": seat.held,
            "available": seat.available,
        }
    return shown


def _with_blocks(shown: PoolBalanceShown, balance: PoolBalance, asked: str) -> PoolBalanceShown:
    if asked != NONE:
        listed = [b for b in balance.blocks if asked == ALL or b.state == "active"]
        shown["blocks"] = pools.shown_blocks(listed)
    return shown


def _ledger_seq(customer: Customer) -> int:
    """A number that grows with every change of the customer's books."""
    states = PoolState.objects.filter(customer_id=customer.root_id)
    return sum(
        consumed + moves + layouts
        for consumed, moves, layouts in states.values_list("consumed", "move_seq", "layout_no")
    )
