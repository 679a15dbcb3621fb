"""Does the beginning of terms: commitment, blocks, and the charges that billing will find.

Activation does not bill: it leaves a ScheduledCharge per line, and due work that says when.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from contracts.models import Contract, ScheduledCharge
from creditops.lib import calendar, due, money
from creditops.lib.refusals import Refusal
from ledger import books, grants, holders, units
from ledger.grants import Grant
from ledger.models import Block, Term

# A renewal is proposed this long before the term's end, and restated at the end.
PROPOSED_DAYS_AHEAD = 90


def activate(contract: Contract, term: Term, *, at: datetime) -> list[Block]:
    """Begin the first term: pool, commitment, blocks. Once per contract.

    Raises Refusal `contract_active`.
    """
    with transaction.atomic():
        locked = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        if locked.status != Contract.Status.SIGNED:
            raise Refusal(
                "contract_active", f"{contract} is {locked.get_status_display()} already."
            )
        paid, bonus = money.allocate(
            contract.price_minor, [contract.commitment, contract.bonus_credits]
        )
        blocks = grant_commitment(
            contract,
            term,
            credits=contract.commitment,
            cost_minor=paid,
            price_minor=contract.price_minor,
            bonus=(contract.bonus_credits, bonus),
            effective_at=max(term.starts_at, at),
            at=at,
        )
        contract.status = Contract.Status.ACTIVE
        contract.save(update_fields=["status"])
    return blocks


def grant_commitment(
    contract: Contract,
    term: Term,
    *,
    credits: int,
    cost_minor: int,
    price_minor: int,
    effective_at: datetime,
    at: datetime,
    bonus: tuple[int, int] = (0, 0),
) -> list[Block]:
    """Commit a pool to a term and grant its credits.

    Args:
        credits: the commitment.
        cost_minor: its share of the price, in minor units of the contract's currency.
        price_minor: the whole price; overage is valued at price / commitment (O4, X10).
        bonus: bonus credits of the same purchase and their share of the price.
        effective_at: when the credits begin to pay.
        at: the instant of the act.
    """
    check_functional_currency(contract.currency, at)
    pool = holders.pool(contract.holder, units.ensure(units.CREDITS), at)
    holders.commit(
        term,
        pool,
        commitment=credits,
        price_minor=price_minor,
        currency=contract.currency,
        price_functional_minor=price_minor,
        at=at,
    )
    wanted = [
        Grant(
            kind=Block.Kind.PAID,
            credits=credits,
            source=block_source(contract, term),
            effective_at=effective_at,
            expires_at=term.ends_at,
            cost_minor=cost_minor,
            cost_functional_minor=cost_minor,
            currency=contract.currency,
            term=term,
            by=contract.signed_by,
            reason=f"commitment of term {term.number}",
        )
    ]
    bonus_credits, bonus_minor = bonus
    if bonus_credits:
        wanted.append(
            Grant(
                kind=Block.Kind.BONUS,
                credits=bonus_credits,
                source=block_source(contract, term, "bonus"),
                effective_at=effective_at,
                expires_at=contract.bonus_expires_at or term.ends_at,
                cost_minor=bonus_minor,
                cost_functional_minor=bonus_minor,
                currency=contract.currency,
                term=term,
                by=contract.signed_by,
                reason=f"bonus of term {term.number}",
            )
        )
    return grants.issue(pool, wanted, at=at)


def begin_paid(charge: ScheduledCharge, *, at: datetime) -> list[Block]:
    """Begin the term whose commitment was paid, where its credits waited for that (V3, Q1).

    Args:
        charge: of the commitment, billed and paid in full.
        at: when it was paid; the credits begin to pay then, or with the term.

    Returns the blocks: none where the term has its credits already, is still to come (due work
    begins it) or is over: then what was paid stays owed to the customer.
    """
    contract, term = charge.contract, charge.term
    waits = charge.kind == ScheduledCharge.Kind.COMMITMENT and contract.cancellable
    if not waits or term.ends_at <= at:
        return []
    with transaction.atomic():
        locked = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        if term.pool_terms.filter(customer_id=term.customer_id).exists():
            return []
        if term.starts_at > at:
            due.plan(
                "contracts.term_start", contract.code, term.starts_at, rank=due.START,
                group=contract.customer.code,
            )  # fmt: skip
            return []
        if locked.status == Contract.Status.SIGNED:
            return activate(locked, term, at=at)
        return grant_commitment(
            locked,
            term,
            credits=charge.credits,
            cost_minor=charge.amount_minor,
            price_minor=charge.amount_minor,
            effective_at=at,
            at=at,
        )


def leave_first_charges(contract: Contract, term: Term, at: datetime) -> None:
    """Leave the charges of the first term, to be invoiced at the signature."""
    leave_charge(
        contract,
        term,
        ScheduledCharge.Kind.COMMITMENT,
        credits=contract.commitment,
        amount_minor=contract.price_minor,
        issue_at=at,
        due_on=contract.due_on,
        receivable_at=_receivable_at(contract, term, at),
    )
    if contract.bonus_credits:
        leave_charge(
            contract,
            term,
            ScheduledCharge.Kind.BONUS,
            credits=contract.bonus_credits,
            amount_minor=0,
            issue_at=at,
            due_on=contract.due_on,
            receivable_at=_receivable_at(contract, term, at),
        )


def leave_charge(
    contract: Contract,
    term: Term,
    kind: str,
    *,
    credits: int,
    amount_minor: int,
    issue_at: datetime,
    due_on: date,
    receivable_at: datetime | None,
    part: str = "",
) -> ScheduledCharge:
    """Leave a charge for the billing run, and the due work that calls it. Once per source.

    Args:
        kind: of `ScheduledCharge.Kind`.
        receivable_at: when the right to the money is unconditional; None: when it is paid (V3).
        part: tells apart charges of one kind and term.
    """
    charge = ScheduledCharge.objects.create(
        contract=contract,
        term=term,
        kind=kind,
        credits=credits,
        amount_minor=amount_minor,
        currency=contract.currency,
        issue_at=issue_at,
        due_on=due_on,
        receivable_at=receivable_at,
        source=f"contract:{contract.code}:term:{term.number}:{kind}{part}",
    )
    due.plan(
        "contracts.charge", contract.code, issue_at, rank=due.BILLING, group=contract.customer.code
    )
    return charge


def block_source(contract: Contract, term: Term, what: str = "commitment") -> str:
    """The source under which a term's block is granted, once."""
    return f"contract:{contract.code}:term:{term.number}:{what}"


def check_functional_currency(currency: str, at: datetime) -> None:
    """Refuse credits in a currency that the books can't value yet."""
    current = books.current(at)
    if currency != current.currency:
        raise Refusal(
            "currency_without_rate",
            f"The books are kept in {current.currency} and there is no exchange rate for "
            f"{currency}. Sell in {current.currency}.",
        )


def _receivable_at(contract: Contract, term: Term, at: datetime) -> datetime | None:
    """The earliest of due date and term start where the contract can't be cancelled (V3)."""
    if contract.cancellable:
        return None
    due_at = calendar.local_midnight(contract.due_on, contract.time_zone)
    return max(at, min(term.starts_at, due_at))
