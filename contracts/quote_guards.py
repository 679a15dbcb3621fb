"""Answers which offers need a second person: discounts beyond one's limit, prices below the floor.

What is sold without a quote has no second person, so beyond the same limits it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from accounts import second_person
from contracts import prices, quote_figures, renewals, standing
from contracts.models import Contract
from contracts.quote_terms import QuoteTerms, Year
from creditops.lib import calendar, money, policies, policy_values
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from ledger import books

DISCOUNT_ALONE = "discount_alone_up_to_pct"
FLOOR = "floor_price_per_credit"

_POLICIES = (
    Policy(
        DISCOUNT_ALONE,
        "10",
        policy_values.percentage(),
        "sales head",
        "Up to which discount on the list price, bonus credits counted, somebody sends a quote alone, or "
        "signs and sells in the desk; beyond it a quote needs another person. Also for a role "
        "(role:sales rep) or a key.",
    ),
    Policy(
        FLOOR,
        None,
        policy_values.optional(policy_values.positive_decimal),
        "sales head",
        "The lowest price of a credit, bonus credits counted, in the books' currency, that is quoted "
        "without another person's word.",
        books_only=True,
    ),
    Policy(
        quote_figures.COST,
        None,
        policy_values.optional(policy_values.positive_decimal),
        "finance",
        "What serving a credit costs us on average, in the books' currency: for the margin on quotes.",
        books_only=True,
    ),
)


def define() -> None:
    """Make these settings known, at start."""
    for policy in _POLICIES:
        policies.define(policy)


def reasons(
    terms: QuoteTerms, *, by: str, at: datetime, paid_today: Fraction | None = None
) -> list[str]:
    """Why a second person has to agree before `by` sends this, in sentences; none: it can be sent.

    Args:
        by: a person's e-mail, or a key as `key:<name>`.
        paid_today: of a renewal what a credit costs now: who asks as much gives no new discount.
    """
    if paid_today is not None and quote_figures.of(terms, at).unit_price >= paid_today:
        return []
    return [said for said in (_discount(terms, by, at), _floor(terms, at)) if said]


@dataclass(frozen=True)
class Sale:
    """What is sold without a quote: credits, for a price in minor units, and bonus ones beside them."""

    credits: int
    price_minor: int
    currency: str
    bonus_credits: int = 0


def check_alone(
    sale: Sale, *, by: str, at: datetime, paid_today: Fraction | None = None, instead: str
) -> None:
    """Refuse to sell at a price that `by` could not quote alone; the rest is as of `reasons_of_sale`.

    Args:
        instead: what can be done about it, a sentence.

    Raises Refusal `discount_beyond_limit`.
    """
    said = reasons_of_sale(sale, by=by, at=at, paid_today=paid_today)
    if said:
        raise Refusal("discount_beyond_limit", " ".join([*said, instead]))


def reasons_of_sale(
    sale: Sale, *, by: str, at: datetime, paid_today: Fraction | None = None
) -> list[str]:
    """Why `by` may not sell at a price alone, by the published list price; none: they may.

    Args:
        by: a person's e-mail, or a key as `key:<name>`.
        paid_today: of more for a running contract what a credit costs there: as much is nothing new.
    """
    if sale.credits <= 0 or sale.price_minor < 0:
        return []  # the sale itself is refused, and says why
    price = prices.in_force(sale.currency, at)
    listed = None if price is None else prices.list_minor(price, sale.credits)
    terms = QuoteTerms(
        currency=sale.currency,
        starts_on=calendar.local_date(at, "UTC"),
        time_zone="UTC",
        years=(Year(sale.credits, sale.price_minor, listed),),
        bonus_credits=sale.bonus_credits,
    )
    return reasons(terms, by=by, at=at, paid_today=paid_today)


def paid_today(contract: Contract | None, at: datetime) -> Fraction | None:
    """What a committed credit costs in the running term; None without one."""
    if contract is None:
        return None
    term = renewals.running_term(contract, at)
    committed = None if term is None else standing.commitment(contract, term, at)
    return None if committed is None else standing.unit_price(committed)


def discount_alone_pct(by: str, at: datetime) -> Fraction:
    """Up to which discount `by` sends a quote alone: the most generous of their roles."""
    found = policies.in_force_for({s: [s] for s in second_person.scopes(by)}, at)
    return max(money.decimal(settings[DISCOUNT_ALONE]) for settings in found.values())


def _discount(terms: QuoteTerms, by: str, at: datetime) -> str:
    off = quote_figures.of(terms, at).discount_pct
    if off is None:
        if prices.in_force(terms.currency, at) is None:
            return f"There is no price list in {terms.currency}, so the discount can't be told."
        return ""
    limit = discount_alone_pct(by, at)
    if off <= limit:
        return ""
    return (
        f"The discount is {money.fixed_text(off, 2)} % of the list price, and you may give "
        f"{money.decimal_text(limit)} % alone."
    )


def _floor(terms: QuoteTerms, at: datetime) -> str:
    said = policies.in_force([], at)[FLOOR]
    current = books.current(at).currency
    if said is None or terms.currency != current:
        return ""
    each = quote_figures.of(terms, at).unit_price
    if each >= money.decimal(said):
        return ""
    return (
        f"A credit would cost {money.decimal_text(each)} {current}, and the floor is "
        f"{said} {current}."
    )
