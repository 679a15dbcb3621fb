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
from creditops.lib.refusals import NotFound, Refusal
from ledger import balances, units
from ledger.api import pools
from ledger.api.pools import BlockShown
from ledger.models import Block, Pool

# Daily credits end with their day and cost nothing; only they have a last day.
_NOT_DAILY = frozenset(
    {"expires_at", "promo_policy", "list_price_per_credit", "standard_cost_per_credit", "meters"}
)
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
    promo_policy = Choice(
        choices=free_credits.PROMO_POLICIES,
        required=False,
        help_text="how their use is accounted for, fixed here for good; default: ZERO_COST",
    )
    list_price_per_credit = Text(
        max_length=40,
        required=False,
        help_text="decimal, for CONTRA_REVENUE; default: by the price list in force",
    )
    standard_cost_per_credit = Text(
        max_length=40, required=False, help_text="decimal, for MARKETING_EXPENSE"
    )
    reason = Lines(max_length=1000, help_text="kept with the block, for ever")


class Grants(ApiView):
    """Give free credits."""

    @Operation(
        scope=Scope.LEDGER_WRITE,
        body=GrantBody,
        answers=BlockShown,
        status=201,
        refuses=(
            "grant_ends_before_it_begins",
            "promo_policy_unfit",
            "promo_value_missing",
            "promo_value_negative",
            "respread_of_nothing",
            "respread_in_another_currency",
        ),
        unreadable=("grant_field_unfit", "decimal_unreadable"),
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


class VoidBody(Body):
    """How many, and why."""

    credits = Credits(required=False, help_text="default: all that is left")
    reason = Lines(max_length=1000, help_text="kept with what is taken back, for ever")


class BlockVoid(ApiView):
    """Make free credits void."""

    @Operation(
        scope=Scope.LEDGER_WRITE,
        vendors_own=True,
        body=VoidBody,
        answers=BlockShown,
        refuses=(
            "credits_consumed",
            "credits_held",
            "credits_were_paid",
            "nothing_to_take_back",
            "reason_missing",
        ),
    )
    def post(self, request: Request, block: str) -> Response:
        """Take back what is left of a free block. Credits that were paid for go back by a credit note:
        see `/invoices/{number}/credit-notes`."""
        given = self.given()
        number = int(block) if block.isascii() and block.isdecimal() else 0
        found = Block.objects.select_related("customer").filter(pk=number).first()
        if found is None:
            raise NotFound("block", block)

        def void(at: datetime) -> BlockShown:
            free_credits.take_back(
                found, credits=given.get("credits"), by=self.by, reason=given["reason"], at=at
            )
            return _shown(found, at)

        return self.once(void)


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
