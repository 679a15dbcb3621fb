"""`/grants`: credits given free."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts import free_credits
from contracts.api.contracts import holder_of
from creditops.lib.api.forms import Body, Choice, Credits, Day, Instant, Lines, Text
from creditops.lib.api.operations import Operation
from creditops.lib.refusals import Refusal
from ledger import balances, units
from ledger.api import pools
from ledger.api.pools import BlockShown
from ledger.models import Block, Pool

# Daily credits end with their day and cost nothing; only they have a last day.
_NOT_DAILY = frozenset({"expires_at", "promo_policy", "meters"})
_ONLY_DAILY = frozenset({"last_day"})


class GrantBody(Body):
    """Free credits."""

    customer = Text(max_length=100)
    contract = Text(max_length=100, required=False, help_text="default: credits without a contract")
    unit = Text(max_length=40, default=units.CREDITS)
    credits = Credits()
    kind = Choice(
        choices=[*(kind.value for kind in free_credits.FREE_KINDS), Block.Kind.DAILY.value]
    )
    meters = serializers.ListField(
        child=Text(max_length=100), required=False, help_text="pays only for these; default: all"
    )
    expires_at = Instant(required=False, help_text="default: the term's end, else by policy")
    last_day = Day(required=False, help_text="of daily credits; default: for ever")
    promo_policy = Choice(choices=free_credits.PROMO_POLICIES, required=False)
    reason = Lines(max_length=1000, help_text="kept with the block, for ever")


class Grants(ApiView):
    """Give free credits."""

    @Operation(
        scope=Scope.LEDGER_WRITE,
        body=GrantBody,
        answers=BlockShown,
        status=201,
        refuses=("grant_ends_before_it_begins",),
        unreadable=("grant_field_unfit",),
    )
    def post(self, request: Request) -> Response:
        """Give promotional, bonus or compensation credits, or some for every local day: the answer
        is then today's block. Paid ones are bought: see `/topups`."""
        given = _fitting(self.given())
        customer, contract = given.pop("customer"), given.pop("contract", None)
        units.find(given["unit"])

        def give(at: datetime) -> BlockShown:
            holder = holder_of(self, customer, contract, at)
            act = given | {"by": self.by, "at": at}
            act["source"] = f"api:{self.key.name}:{uuid.uuid4().hex}"
            if act["kind"] == Block.Kind.DAILY:
                del act["kind"]
                return _shown(free_credits.give_daily(holder, **act), at)
            return _shown(free_credits.give(holder, **act), at)

        return self.once(give)


def _fitting(given: dict[str, Any]) -> dict[str, Any]:
    """What was given, if it fits the kind of credits. Raises Refusal `grant_field_unfit`."""
    daily = given["kind"] == Block.Kind.DAILY
    unfit = _NOT_DAILY if daily else _ONLY_DAILY
    wrong = sorted(unfit & given.keys())
    if wrong:
        raise Refusal(
            "grant_field_unfit",
            f"{wrong[0]!r} has no meaning for {given['kind']} credits. Leave it out.",
            unreadable=True,
        )
    return given


def _shown(block: Block, at: datetime) -> BlockShown:
    pool = Pool.objects.select_related("holder", "unit", "customer").get(
        customer_id=block.customer_id, id=block.pool_id
    )
    found = balances.of_pool(pool, as_of=at, known_at=at)
    return pools.shown_blocks([b for b in found.blocks if b.id == block.id])[0]
