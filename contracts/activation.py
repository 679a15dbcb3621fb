"""Does the beginning of terms: commitment, blocks, and the charges that billing will find.

Activation does not bill: it leaves a ScheduledCharge per line, and due work that says when.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction

from contracts.models import Contract, ScheduledCharge
from creditops.lib import calendar, due, money
from creditops.lib.refusals import Refusal
from ledger import books, exchange, grants, holders, units
from ledger.grants import Grant
from ledger.models import Block, Term

# A renewal is proposed this long before the term's end, and restated at the end.
PROPOSED_DAYS_AHEAD = 90

# Due work: what is owed of a contract before it is invoiced (V3).
OWED = "contracts.owed"


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
            valued_at=max(term.starts_at, contract.signed_at),
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
    valued_at: datetime,
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
        valued_at: whose rate translates the price, unless money fixed it before (V19).
        at: the instant of the act.
    """
    bonus_credits, bonus_minor = bonus
    functional = _price_in_books(contract, term, price_minor, valued_at)
    paid_functional, bonus_functional = money.allocate(functional, [credits, bonus_credits])
    pool = holders.pool(contract.holder, units.ensure(units.CREDITS), at)
    holders.commit(
        term,
        pool,
        commitment=credits,
        price_minor=price_minor,
        currency=contract.currency,
        price_functional_minor=functional,
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
            cost_functional_minor=paid_functional,
            currency=contract.currency,
            term=term,
            by=contract.signed_by,
            reason=f"commitment of term {term.number}",
        )
    ]
    if bonus_credits:
        wanted.append(
            Grant(
                kind=Block.Kind.BONUS,
                credits=bonus_credits,
                source=block_source(contract, term, "bonus"),
                effective_at=effective_at,
                expires_at=contract.bonus_expires_at or term.ends_at,
                cost_minor=bonus_minor,
                cost_functional_minor=bonus_functional,
                currency=contract.currency,
                term=term,
                by=contract.signed_by,
                reason=f"bonus of term {term.number}",
            )
        )
    blocks = grants.issue(pool, wanted, at=at)
    for charge in ScheduledCharge.objects.filter(
        contract=contract, term=term, taken_back_credits__gt=0
    ):
        _take_back_granted(charge, at)
    return blocks


def block_of(charge: ScheduledCharge) -> Block | None:
    """The block that the charge pays for; None before it is granted, and for overage."""
    if charge.kind == ScheduledCharge.Kind.OVERAGE:
        return None
    source = _block_source_of(charge)
    found: Block | None = Block.objects.filter(
        customer_id=charge.contract.customer_id, source=source
    ).first()
    return found


def take_back(charge: ScheduledCharge, *, credits: int, rounding: str) -> int:
    """Take back credits of a charge that are not granted yet: when they are, so many of them are
    revoked at once (V13).

    Returns what they are worth, in minor units: the difference of two releases of what the block will
    cost (M4), as the books round. The caller has locked the charge's contract and knows that so many
    are left.
    """
    cost, before = _cost(charge), charge.taken_back_credits
    released = partial(money.released, cost, charge.credits, rounding=rounding)
    value = released(before + credits) - released(before)
    charge.taken_back_credits = before + credits
    charge.taken_back_minor = min(charge.amount_minor, charge.taken_back_minor + value)
    charge.save(update_fields=["taken_back_credits", "taken_back_minor"])
    return value


def in_books(charge: ScheduledCharge, at: datetime) -> int:
    """What a charge is in the books' currency, in minor units: translated at `at`, the first time that
    somebody has to know, and kept (V19)."""
    if charge.functional_minor is None:
        charge.functional_minor = exchange.functional(charge.amount_minor, charge.currency, at)
        charge.save(update_fields=["functional_minor"])
    return charge.functional_minor


def cost_in_books(charge: ScheduledCharge, at: datetime) -> int:
    """What the block of a charge costs in the books' currency; as `in_books`, shared as its price is."""
    if charge.term.number > 1 or charge.kind == ScheduledCharge.Kind.ADDITION:
        return in_books(charge, at)
    parts = _commitment_charges(charge.contract, charge.term)
    return _share(charge, sum(in_books(part, at) for part in parts))


def _cost(charge: ScheduledCharge) -> int:
    """What the block of a charge will cost: its share of a price that bonus credits share (V5)."""
    if charge.term.number > 1 or charge.kind == ScheduledCharge.Kind.ADDITION:
        return charge.amount_minor
    return _share(charge, charge.contract.price_minor)


def _share(charge: ScheduledCharge, price: int) -> int:
    """A charge's share of the first term's price, which paid and bonus credits share (V5)."""
    contract = charge.contract
    paid, bonus = money.allocate(price, [contract.commitment, contract.bonus_credits])
    if charge.kind == ScheduledCharge.Kind.BONUS:
        return bonus
    parts = _commitment_charges(contract, charge.term)
    shares = money.allocate(paid, [part.credits for part in parts])
    return next(share for part, share in zip(parts, shares, strict=True) if part.pk == charge.pk)


def _price_in_books(contract: Contract, term: Term, price_minor: int, at: datetime) -> int:
    """The price of a term in the books' currency: as its charge has it, else translated at `at`."""
    parts = _commitment_charges(contract, term)
    if parts:
        return sum(in_books(part, at) for part in parts)
    return exchange.functional(price_minor, contract.currency, at)


def _commitment_charges(contract: Contract, term: Term) -> list[ScheduledCharge]:
    """What a term's commitment is billed by: one charge, or its installments in their order."""
    return list(
        ScheduledCharge.objects.filter(
            contract=contract, term=term, kind=ScheduledCharge.Kind.COMMITMENT
        ).order_by("id")
    )


def _take_back_granted(charge: ScheduledCharge, at: datetime) -> None:
    block = block_of(charge)
    if block is not None:
        grants.revoke(
            block, credits=charge.taken_back_credits, by="billing", at=at,
            reason="credited before they were granted",
        )  # fmt: skip


def _block_source_of(charge: ScheduledCharge) -> str:
    if charge.kind == ScheduledCharge.Kind.ADDITION:
        return str(charge.amendment.block_source)
    bonus = charge.kind == ScheduledCharge.Kind.BONUS
    return block_source(charge.contract, charge.term, "bonus" if bonus else "commitment")


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
    if not waits or term.ends_at <= at or charge.taken_back_credits == charge.credits:
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
            valued_at=at,
            at=at,
        )


def leave_first_charges(contract: Contract, term: Term, at: datetime) -> None:
    """Leave the charges of the first term, to be invoiced at the signature, or in installments."""
    leave_commitment(
        contract,
        term,
        credits=contract.commitment,
        amount_minor=contract.price_minor,
        installments=contract.installments,
        issue_at=at,
        due_on=contract.due_on,
        receivable_at=_receivable_at(contract, term, at),
        at=at,
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
            at=at,
        )


def leave_commitment(
    contract: Contract,
    term: Term,
    *,
    credits: int,
    amount_minor: int,
    installments: int,
    issue_at: datetime,
    due_on: date,
    receivable_at: datetime | None,
    at: datetime,
) -> None:
    """Leave the charges of a term's commitment: one, or equal parts over its months.

    The first part is issued at `issue_at` and due on `due_on`, each later one at its local midnight, due
    after the contract's payment terms. The right to all of them is unconditional when that to the first
    is, or when the term has begun: only time has to pass then (V3).
    """
    parts = zip(
        _issue_days(contract, term, installments),
        money.allocate(credits, [1] * installments),
        money.allocate(amount_minor, [1] * installments),
        strict=True,
    )
    for number, (day, share, amount) in enumerate(parts, start=1):
        later = calendar.local_midnight(day, contract.time_zone)
        issued = issue_at if number == 1 else max(issue_at, later)
        owed = receivable_at
        if owed is not None and number > 1:
            owed = max(issue_at, min(term.starts_at, issued))
        leave_charge(
            contract,
            term,
            ScheduledCharge.Kind.COMMITMENT,
            credits=share,
            amount_minor=amount,
            issue_at=issued,
            due_on=due_on if number == 1 else _due_on(contract, issued),
            receivable_at=owed,
            at=at,
            part="" if installments == 1 else f":{number}",
        )


def check_installments_currency(currency: str, at: datetime) -> None:
    """Refuse installments in another currency than the books': what is owed and not invoiced yet would
    have to be revalued part by part."""
    own = books.current(at).currency
    if currency != own:
        raise Refusal(
            "installments_unfit",
            f"Installments are in {own}, the currency of the books. In {currency} a term is paid at once.",
        )


def _issue_days(contract: Contract, term: Term, installments: int) -> list[date]:
    """The local days on which the installments of a term are billed, the first with its begin."""
    first = calendar.local_date(term.starts_at, contract.time_zone)
    end = calendar.local_date(term.ends_at, contract.time_zone)
    step = calendar.months_between(first, end) // installments
    return [calendar.add_months(first, number * step) for number in range(installments)]


def _due_on(contract: Contract, at: datetime) -> date:
    return books.date_of(at, books.current(at)) + timedelta(days=contract.payment_terms_days)


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
    at: datetime,
    part: str = "",
) -> ScheduledCharge:
    """Leave a charge for the billing run, and the due work that calls it. Once per source.

    Args:
        kind: of `ScheduledCharge.Kind`.
        receivable_at: when the right to the money is unconditional; None: when it is paid (V3).
        at: the instant of recording.
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
        recorded_at=at,
    )
    due.plan(
        "contracts.charge", contract.code, issue_at, rank=due.BILLING, group=contract.customer.code
    )
    if receivable_at is not None and receivable_at < issue_at and amount_minor:
        due.plan(OWED, contract.code, receivable_at, rank=due.BILLING, group=contract.customer.code)
    return charge


def block_source(contract: Contract, term: Term, what: str = "commitment") -> str:
    """The source under which a term's block is granted, once."""
    return f"contract:{contract.code}:term:{term.number}:{what}"


def _receivable_at(contract: Contract, term: Term, at: datetime) -> datetime | None:
    """The earliest of due date and term start where the contract can't be cancelled (V3)."""
    if contract.cancellable:
        return None
    due_at = calendar.local_midnight(contract.due_on, contract.time_zone)
    return max(at, min(term.starts_at, due_at))
