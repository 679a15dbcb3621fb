"""Answers whether credits may be sold to a consumer: what was paid for may not end too soon (F2).

The law behind it is that of gift certificates in the United States: five years, with exclusions that a
lawyer has to look at. Whoever did sets `consumer_life_months` for the customer, the contract or the books.
"""

from __future__ import annotations

from datetime import datetime

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
    customer = holder.customer
    if customer.kind != Customer.Kind.CONSUMER or customer.country not in _THERE or not price_minor:
        return
    months: int = terms_of_sale.in_force(holder, at)[SETTING]
    first_day = calendar.local_date(begins_at, holder.time_zone)
    earliest = calendar.add_months(first_day, months)
    end = min(ends)
    if months and calendar.local_date(end, holder.time_zone) < earliest:
        last = calendar.last_day(end, holder.time_zone)
        raise Refusal(
            "consumer_credits_end_early",
            f"{customer} is a consumer, so credits paid for live {months} months at least (rule F2): "
            f"these would end with {last}. Let them end later, or ask legal to set {SETTING}.",
        )
