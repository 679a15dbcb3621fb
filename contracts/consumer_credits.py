"""Answers whether credits may be sold to a consumer: what was paid for may not end too soon (F2).

The law behind it is that of gift certificates in the United States: five years, with exclusions that a
lawyer has to look at. Whoever did sets `consumer_life_months` for the customer, the contract or the books.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Customer
from contracts import terms_of_sale
from creditops.lib import calendar, policies, policy_values
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from ledger.models import Holder

SETTING = "consumer_life_months"
# Where the law holds; a customer of whom nobody knows the country may be there.
_THERE = ("US", "")

_POLICY = Policy(
    SETTING,
    60,
    policy_values.whole_number(0, 600),
    "legal",
    "For how many months at least credits live that a consumer in the United States, or in a country "
    "that nobody knows, pays for; 0: a lawyer has looked at shorter lives, none is refused.",
)


def define() -> None:
    """Make the setting known, at start."""
    policies.define(_POLICY)


@dataclass(frozen=True)
class Life:
    """How long credits live that are paid for, in local days.

    Attributes:
        first_day: on which they can pay.
        until: the day of their end, which is no day of theirs if it is its midnight.
        last_day: on which they can pay.
        what: which credits, in a sentence.
    """

    first_day: date
    until: date
    last_day: date
    what: str = "these"


def check(
    holder: Holder, *ends: datetime, price_minor: int, begins_at: datetime, at: datetime
) -> None:
    """Refuse to sell a consumer credits that end too soon; counted in local days.

    Args:
        holder: who gets them; its customer decides.
        ends: of the blocks that share the price, bonus included.
        price_minor: nothing is refused of free credits.
        begins_at: when they begin to pay.
        at: by the setting of then.

    Raises Refusal `consumer_credits_end_early`.
    """
    zone, end = holder.time_zone, min(ends)
    first_day = calendar.local_date(begins_at, zone)
    life = Life(first_day, calendar.local_date(end, zone), calendar.last_day(end, zone))
    check_lives(holder, [life] if price_minor else [], at=at)


def check_lives(holder: Holder, lives: Sequence[Life], *, at: datetime) -> None:
    """The same for terms to come, by their days. Raises Refusal `consumer_credits_end_early`."""
    if not (lives and is_protected(holder.customer)):
        return
    problem = _problem(holder.customer, lives, terms_of_sale.in_force(holder, at)[SETTING])
    if problem:
        raise Refusal("consumer_credits_end_early", problem)


def warning(customer: Customer, lives: Sequence[Life], *, contract: str, at: datetime) -> str:
    """What signing would be refused with, said ahead; empty if nothing.

    Args:
        contract: the code of the one that goes on; empty for a new one.
    """
    if not is_protected(customer):
        return ""
    scopes = [policies.contract_scope(contract)] if contract else []
    known = policies.in_force([*scopes, policies.customer_scope(customer.code)], at)
    return _problem(customer, lives, known[SETTING])


def later_life(first_day: date, months: int, what: str) -> Life:
    """Of a term to come that has so many months."""
    until = calendar.add_months(first_day, months)
    return Life(first_day, until, calendar.day_before(until), what)


def is_protected(customer: Customer) -> bool:
    """Whether the law may be this customer's: a consumer there, or one of whom nobody knows where."""
    return customer.kind == Customer.Kind.CONSUMER and customer.country in _THERE


def _problem(customer: Customer, lives: Sequence[Life], months: int) -> str:
    """Which credits end too soon, in a sentence; empty if none."""
    for life in lives:
        if months and life.until < calendar.add_months(life.first_day, months):
            return (
                f"{customer} is a consumer, so credits paid for live {months} months at least (rule F2): "
                f"{life.what} would end with {life.last_day}. Let them end later, or ask legal to set "
                f"{SETTING}."
            )
    return ""
