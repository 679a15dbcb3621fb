"""Does changes of running contracts: credits are added, at their own price or blended (V17, S72).

At the price that credits have on their own (`ssp_per_credit`, give or take `ssp_tolerance_pct`) what is
added is a contract of its own beside: its block keeps its cost. Otherwise the price of what is left and
the price of what is added become one, from now on and without catching up: the old cost layers close at
what they defer, one pooled layer opens. Blocks, their order and their ends stay either way, and so does
the commitment of the term: overage is priced and capped by what was signed first (X10, O1).

Every change is recorded with its effect in numbers; the billing run finds what it costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction

from contracts import activation, consumer_credits, terms_of_sale
from contracts.models import Amendment, Contract, ScheduledCharge
from creditops.lib import due, money
from creditops.lib.refusals import Refusal
from ledger import balances, books, grants, holders, pool_books, units
from ledger.grants import Grant
from ledger.models import Block, Pool, Term

# In the effect of an end: whether the contract would have been renewed by itself until then.
RENEWED_BY_ITSELF = "renewed_by_itself"
# And when its term would have ended.
WOULD_END = "would_end"


@dataclass(frozen=True)
class Addition:
    """Credits to be added to a running term, and what they cost, net, in minor units of the contract's
    currency."""

    credits: int
    price_minor: int


@dataclass(frozen=True)
class Standing:
    """What is left of a contract's paid credits, and what of their price is not earned yet, in minor
    units of the contract's currency."""

    credits: int
    deferred_minor: int

    def unit_price(self, currency: str) -> Fraction:
        """What a credit that is left carries, exact, in units of the currency."""
        scale = 10 ** money.exponent(currency)
        return Fraction(self.deferred_minor, self.credits * scale) if self.credits else Fraction(0)


@dataclass(frozen=True)
class Treatment:
    """How an addition would be accounted for, and why: before and after in numbers.

    `blended` where its price is not within `tolerance_pct` of `ssp`, what a credit costs on its own.
    """

    addition: Addition
    currency: str
    ssp: Fraction
    tolerance_pct: Fraction
    before: Standing

    @property
    def unit_price(self) -> Fraction:
        """What an added credit costs, exact, in units of the currency."""
        return Standing(self.addition.credits, self.addition.price_minor).unit_price(self.currency)

    @property
    def blended(self) -> bool:
        """Whether the prices become one."""
        return abs(self.unit_price - self.ssp) > self.ssp * self.tolerance_pct / 100

    @property
    def after(self) -> Standing:
        """What will be left with it."""
        return Standing(
            self.before.credits + self.addition.credits,
            self.before.deferred_minor + self.addition.price_minor,
        )


@dataclass(frozen=True)
class Added:
    """What an addition made: its record, its block, and the charge that the billing run finds."""

    amendment: Amendment
    block: Block
    charge: ScheduledCharge


def treatment(contract: Contract, addition: Addition, at: datetime) -> Treatment:
    """How credits would be added at `at`: for whoever is about to sign; reads only.

    Raises Refusal `ssp_missing`, `grant_not_positive`, `price_negative`, `no_running_term`.
    """
    _check(addition)
    running(contract, at)
    settings = terms_of_sale.in_force(contract.holder, at)
    if settings["ssp_per_credit"] is None:
        raise Refusal(
            "ssp_missing",
            "Nobody has said what a credit costs on its own, so nobody can say whether this price is "
            "that. Set ssp_per_credit for the books, the customer or the contract first.",
        )
    return Treatment(
        addition,
        contract.currency,
        money.decimal(settings["ssp_per_credit"]),
        money.decimal(settings["ssp_tolerance_pct"]),
        standing(contract, at),
    )


def add(
    contract: Contract, addition: Addition, *, source: str, by: str, reason: str = "", at: datetime
) -> Added:
    """Add credits to the running term; they end with it, and roll over with it.

    Args:
        source: the act, unique: added once.
        by: who signed it.

    The charge waits for the billing run, which invoices it at once. Raises Refusal as `treatment`,
    `already_amended`, `consumer_credits_end_early`, `respread_of_estimated` or
    `respread_in_another_currency` where a price can't be blended, or what a grant is refused with.
    """
    due.catch_up([contract.customer.code], at)
    with transaction.atomic():
        pool = _lock(contract, at)
        check_new(source)
        found = treatment(contract, addition, at)
        term = running(contract, at)
        consumer_credits.check(
            contract.holder, term.ends_at, price_minor=addition.price_minor, begins_at=at, at=at
        )
        number = _next_number(contract)
        charge = _leave_charge(contract, term, addition, number, at)
        block = _grant(contract, pool, term, charge, found, number, by, at)
        amendment = record(
            contract,
            Amendment.Kind.BLENDED if found.blended else Amendment.Kind.SEPARATE,
            credits=addition.credits,
            price_minor=addition.price_minor,
            ssp_per_credit=money.decimal_text(found.ssp),
            ssp_tolerance_pct=money.decimal_text(found.tolerance_pct),
            charge=charge,
            block_source=block.source,
            effect=effect(contract, found.before, found.after),
            source=source,
            by=by,
            reason=reason,
            at=at,
        )
    return Added(amendment, block, charge)


def record(
    contract: Contract,
    kind: str,
    *,
    source: str,
    by: str,
    at: datetime,
    reason: str = "",
    effect: dict[str, Any] | None = None,
    **facts: Any,
) -> Amendment:
    """Record a change of a contract, which is done in the same transaction.

    Args:
        kind: of `Amendment.Kind`.
        source: the act, unique.
        effect: how the contract stood before and after.
        facts: further columns of the record.
    """
    made: Amendment = Amendment.objects.create(
        contract=contract,
        no=_next_number(contract),
        kind=kind,
        currency=contract.currency,
        effect=effect or {},
        source=source,
        signed_at=at,
        signed_by=by,
        reason=reason[:1000],
        **facts,
    )
    return made


def record_end(
    contract: Contract,
    kind: str,
    *,
    renewed_by_itself: bool,
    would_end: datetime | None = None,
    by: str,
    at: datetime,
    reason: str = "",
) -> Amendment:
    """Record that a contract is to end, with its term or before, and what is left of it then.

    Args:
        renewed_by_itself: whether it would have been until now.
        would_end: when its term would have ended, if that is cut short.
    """
    stands = standing(contract, at)
    return record(
        contract,
        kind,
        source=f"{kind}:{contract.code}:{_next_number(contract)}",
        effect={
            **effect(contract, stands, stands),
            RENEWED_BY_ITSELF: renewed_by_itself,
            WOULD_END: None if would_end is None else would_end.isoformat(),
        },
        by=by,
        reason=reason,
        at=at,
    )


def ends_before(holders: Iterable[int], known_at: datetime) -> dict[int, datetime]:
    """Holder -> the end that its last term had at `known_at`, of contracts whose term was cut short since."""
    cut = Amendment.objects.filter(
        contract__holder__in=list(holders), kind=Amendment.Kind.TERMINATED, signed_at__gt=known_at
    )
    rows = cut.order_by("-no").values_list("contract__holder_id", "effect")
    return {
        holder: datetime.fromisoformat(effect[WOULD_END])
        for holder, effect in rows
        if effect.get(WOULD_END)
    }


def standing(contract: Contract, at: datetime) -> Standing:
    """What is left of the contract's paid credits at `at`, and what of their price is deferred."""
    pool = holders.pool(contract.holder, units.ensure(units.CREDITS), at)
    blocks = balances.of_pool(pool, as_of=at, known_at=at).blocks
    paid = [block for block in blocks if block.left and block.cost_minor]
    return Standing(
        sum(block.left for block in paid), sum(block.value_left_minor for block in paid)
    )


def _check(addition: Addition) -> None:
    if addition.credits <= 0:
        raise Refusal(
            "grant_not_positive", f"{addition.credits} credits can't be added. Add at least 1."
        )
    if addition.price_minor < 0:
        raise Refusal("price_negative", "The price of added credits can't be below zero.")


def check_new(source: str) -> None:
    """Refuse an act that changed its contract already: `already_amended`."""
    if Amendment.objects.filter(source=source).exists():
        raise Refusal("already_amended", f"{source!r} changed its contract already.")


def running(contract: Contract, at: datetime) -> Term:
    """The term that runs at `at`, with its credits granted. Raises Refusal `no_running_term`."""
    term: Term | None = contract.holder.terms.filter(
        customer_id=contract.customer_id, starts_at__lte=at, ends_at__gt=at
    ).first()
    begun = term is not None and term.pool_terms.filter(customer_id=term.customer_id).exists()
    if term is None or not begun:
        raise Refusal(
            "no_running_term",
            f"{contract} has no term running that credits could be added to: it is still to begin or to "
            "be paid, or is over.",
        )
    return term


def _lock(contract: Contract, at: datetime) -> Pool:
    """Lock the contract's pool, then the contract, in the one order."""
    pool = holders.pool(contract.holder, units.ensure(units.CREDITS), at)
    pool_books.lock([(pool.customer_id, pool.id)], at)
    Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    return pool


def _next_number(contract: Contract) -> int:
    return Amendment.objects.filter(contract=contract).count() + 1


def _leave_charge(
    contract: Contract, term: Term, addition: Addition, number: int, at: datetime
) -> ScheduledCharge:
    due_on = books.date_of(at, books.current(at)) + timedelta(days=contract.payment_terms_days)
    return activation.leave_charge(
        contract,
        term,
        ScheduledCharge.Kind.ADDITION,
        credits=addition.credits,
        amount_minor=addition.price_minor,
        issue_at=at,
        due_on=due_on,
        receivable_at=at,
        at=at,
        part=f":{number}",
    )


def _grant(
    contract: Contract,
    pool: Pool,
    term: Term,
    charge: ScheduledCharge,
    found: Treatment,
    number: int,
    by: str,
    at: datetime,
) -> Block:
    wanted = Grant(
        kind=Block.Kind.PAID,
        credits=found.addition.credits,
        source=f"amendment:{contract.code}:{number}",
        effective_at=at,
        expires_at=term.ends_at,
        cost_minor=found.addition.price_minor,
        cost_functional_minor=activation.in_books(charge, at),
        currency=contract.currency,
        term=term,
        blended=found.blended,
        by=by,
        reason=f"amendment {number}",
    )
    return grants.issue(pool, [wanted], at=at)[0]


def effect(contract: Contract, before: Standing, after: Standing) -> dict[str, Any]:
    """Before and after, as a record keeps it: whole credits, money as text."""
    currency = contract.currency
    return {
        name: {
            "credits_left": stands.credits,
            "deferred": money.text(stands.deferred_minor, currency),
            "per_credit": money.decimal_text(stands.unit_price(currency)),
        }
        for name, stands in (("before", before), ("after", after))
    }
