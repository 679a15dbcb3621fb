"""Answers what a customer's people may do about a contract and a right of theirs, and does it.

A contract's renewal is cancelled after its credits, and what they would still buy, were shown (S38). A
right to buy more is used until its date, by the card on file (V6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Membership
from contracts import agreements, leaving
from contracts.leaving import Leaving
from contracts.models import Contract
from creditops.lib import calendar
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor
from invoicing import options
from invoicing.models import PurchaseOption
from invoicing.options import Exercised

_Role = Membership.Role
_CANCEL = frozenset({_Role.ADMIN})
_BUY = frozenset({_Role.ADMIN, _Role.FINANCE, _Role.AUTHORISER})


@dataclass(frozen=True)
class Ending:
    """A contract that may be cancelled: what is left of it, and whether the visitor may do so."""

    code: str
    title: str
    ended: bool
    left: Leaving
    may: bool


@dataclass(frozen=True)
class Right:
    """A right to buy more, as a page offers it: how many, for how much, through which day."""

    code: str
    credits: int
    price: Amount
    instead_of: Amount
    last_day: date


def ending(visitor: Visitor, code: str, at: datetime) -> Ending:
    """What cancelling a contract would leave behind. Raises NotFound for somebody else's."""
    contract = _contract(visitor, code)
    return Ending(
        contract.code,
        str(contract),
        contract.status == Contract.Status.ENDED,
        leaving.of(contract, at),
        visitor.role in _CANCEL,
    )


def cancel(visitor: Visitor, code: str, at: datetime) -> Contract:
    """Let the contract end with its term. Raises NotFound, also for who may not; Refusal `term_ended`."""
    contract = _contract(visitor, code)
    if visitor.role not in _CANCEL:
        raise NotFound("contract", code)
    if contract.status == Contract.Status.ENDED:
        raise Refusal("term_ended", f"{contract} has ended already.")
    return agreements.cancel(contract, by=visitor.person.email, at=at)


def rights(visitor: Visitor, at: datetime) -> Sequence[Right]:
    """The rights of the visitor's customer that are open, the soonest end first."""
    if not visitor.sees_money:
        return []
    found = PurchaseOption.objects.filter(
        customer=visitor.customer, valid_until__gt=at, end__isnull=True
    )
    return [_right(option) for option in found.select_related("holder").order_by("valid_until")]


def right(visitor: Visitor, code: str, at: datetime) -> Right:
    """One of them. Raises NotFound where it is not open, or not theirs."""
    return _right(_option(visitor, code, at))


def may_buy(visitor: Visitor) -> bool:
    """Whether the visitor may use a right: administrators, finance and authorisers."""
    return visitor.role in _BUY


def use(visitor: Visitor, code: str, at: datetime) -> Exercised:
    """Use a right. Raises NotFound, also for who may not; Refusal `card_declined`, `option_closed`."""
    option = _option(visitor, code, at)
    if not may_buy(visitor):
        raise NotFound("option", code)
    return options.exercise(option, by=visitor.person.email, at=at)


def _contract(visitor: Visitor, code: str) -> Contract:
    contract = agreements.find(code)
    if contract.customer_id != visitor.customer.pk or not visitor.sees_money:
        raise NotFound("contract", code)
    return contract


def _option(visitor: Visitor, code: str, at: datetime) -> PurchaseOption:
    option = options.find(code)
    theirs = option.customer_id == visitor.customer.pk and visitor.sees_money
    if not theirs or options.state(option, at) != options.OPEN:
        raise NotFound("option", code)
    return option


def _right(option: PurchaseOption) -> Right:
    return Right(
        option.code,
        option.credits,
        Amount(option.exercise_price_minor, option.currency),
        Amount(option.list_price_minor, option.currency),
        calendar.last_day(option.valid_until, option.holder.time_zone),
    )
