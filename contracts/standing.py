"""Answers how a contract stands: its terms, overage, commercial facts and warnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from contracts import renewals, terms_of_sale
from contracts.models import Contract
from creditops.lib import money
from ledger import balances, books, expiry_marks, holders, limits, units
from ledger.line import HARD
from ledger.models import CapLift, PoolTerm, Term

ROLLOVER_NONE = "ROLLOVER_NONE"


@dataclass(frozen=True)
class Overage:
    """Overage of a term: credits used and allowed, and their value at the commitment's price."""

    credits: int
    cap: int
    amount_minor: int
    currency: str
    unit_price: Fraction
    pct_of_commitment: Fraction

    @property
    def cap_left(self) -> int:
        """Credits that may still be used beyond the balance."""
        return max(0, self.cap - self.credits)


def term(contract: Contract, number: int) -> Term | None:
    """Term `number` of the contract, if it exists."""
    found: Term | None = contract.holder.terms.filter(
        customer_id=contract.customer_id, number=number
    ).first()
    return found


def commitment(contract: Contract, of: Term, at: datetime) -> PoolTerm | None:
    """What the term commits to, once it is activated."""
    pool = holders.pool(contract.holder, units.ensure(units.CREDITS), at)
    return balances.commitment_of(pool, of)


def overage(contract: Contract, of: Term, at: datetime) -> Overage | None:
    """The overage of a term as known at `at`; None before the term has a commitment."""
    pool = holders.pool(contract.holder, units.ensure(units.CREDITS), at)
    committed = balances.commitment_of(pool, of)
    if committed is None:
        return None
    used = balances.overage_of(pool, of)
    lifted = CapLift.objects.filter(
        customer_id=pool.customer_id, pool=pool, term=of, effective_at__lte=at
    ).last()
    cap = lifted.cap if lifted else balances.cap_by(_limits(contract, at), committed, at)
    return Overage(
        credits=used,
        cap=cap,
        amount_minor=money.released(
            committed.price_minor, committed.commitment, used, books.current(at).rounding
        ),
        currency=committed.currency,
        unit_price=unit_price(committed),
        pct_of_commitment=Fraction(used * 100, committed.commitment),
    )


def unit_price(committed: PoolTerm) -> Fraction:
    """What a committed credit costs, in units of the currency, exact (M3)."""
    scale = 10 ** money.exponent(committed.currency)
    return Fraction(committed.price_minor, committed.commitment * scale)


def signed_price(contract: Contract) -> Fraction:
    """What a credit of the first term costs as signed, exact: also before the term has begun."""
    scale = 10 ** money.exponent(contract.currency)
    return Fraction(contract.price_minor, contract.commitment * scale)


def warnings(contract: Contract, at: datetime) -> list[tuple[str, str]]:
    """What is worth a second look in the contract's terms: (code, sentence) each (S33, S47)."""
    settings = terms_of_sale.in_force(contract.holder, at)
    if settings["rollover"] == "NONE":
        return [
            (
                ROLLOVER_NONE,
                "No rollover: credits that end with the term are functionally identical to a "
                "licence, and customers negotiate them as one.",
            )
        ]
    return []


def worries(contract: Contract, at: datetime) -> list[str]:
    """What makes customers anxious about a contract: credits lost without a word (S47), a renewal that was
    agreed and can't come (F2)."""
    found = [sentence for _, sentence in warnings(contract, at)]
    refused = renewals.refused_by_itself(contract, at)
    if refused and contract.status != Contract.Status.ENDED:
        found.append(f"It would not renew by itself, and end with its term. {refused}")
    if not terms_of_sale.in_force(contract.holder, at)[expiry_marks.SETTING]:
        found.append("No notice before expiry: credits end, and nobody is told before.")
    obeyed = _limits(contract, at)
    if obeyed.rules.enforcement == HARD and min(obeyed.alerts, default=100) >= 100:
        found.append(
            "A hard stop without an earlier alert: use is refused the moment credits run out, and nobody "
            "is told before."
        )
    return found


def _limits(contract: Contract, at: datetime) -> limits.Limits:
    key = limits.key_of(contract.holder, contract.customer.code)
    return limits.of([key], at)[key.holder_id]
