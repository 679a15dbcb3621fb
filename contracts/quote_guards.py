"""Answers which offers need a second person: discounts beyond one's limit, prices below the floor."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from accounts import second_person
from contracts import prices, quote_figures, renewals, standing
from contracts.models import Contract
from contracts.quote_terms import QuoteTerms
from creditops.lib import money, policies, policy_values
from creditops.lib.policies import Policy
from ledger import books

DISCOUNT_ALONE = "discount_alone_up_to_pct"
FLOOR = "floor_price_per_credit"

_POLICIES = (
    Policy(
        DISCOUNT_ALONE,
        "10",
        policy_values.percentage(),
        "sales head",
        "Up to which discount on the list price, bonus credits counted, somebody sends a quote alone; "
        "beyond it another person has to agree. Also for a role (role:sales rep) or a key.",
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
