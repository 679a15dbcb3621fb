"""Does renewals: the usage of a term becomes the commitment of the next (O5, X7, X28, X29).

A proposal is figures with their evidence: made 90 days before the end, restated at the end. At the
end a contract that renews gets its next term; what is left rolls over once; overage is billed either
way (X9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction

from contracts import activation, agreements, terms_of_sale
from contracts.models import Contract, RenewalProposal, ScheduledCharge
from creditops.lib import calendar, money
from creditops.lib.refusals import Refusal
from ledger import balances, books, expiry, holders, units, usage_reports
from ledger.expiry import Carry
from ledger.models import Pool, PoolTerm, Term

RENEWED_MONTHS = 12


@dataclass(frozen=True)
class Proposal:
    """The next term as the usage so far proposes it. Credits are whole, money in minor units.

    Attributes:
        baseline: use that counts, on twelve months.
        credits, price_minor: the next commitment and its price, at the old unit price.
        overage_credits, overage_minor: of the closing term, billed beside it.
        rollover_credits: what would be carried over on top.
        evidence: the arithmetic: use by kind of credits, months of the term.
    """

    baseline: int
    credits: int
    price_minor: int
    overage_credits: int
    overage_minor: int
    rollover_credits: int
    currency: str
    evidence: dict[str, Any]

    @property
    def total_minor(self) -> int:
        """What the next invoice would come to, net."""
        return self.price_minor + self.overage_minor


def running_term(contract: Contract, at: datetime) -> Term | None:
    """The term that holds `at`, or the last one before it."""
    terms = contract.holder.terms.filter(customer_id=contract.customer_id)
    return terms.filter(starts_at__lte=at).last() or terms.first()


def proposal(contract: Contract, term: Term, at: datetime) -> Proposal:
    """What the renewal of `term` would be, by the usage known at `at` (S49, S50, S52)."""
    pool = _pool(contract, at)
    committed = _commitment(pool, term)
    used = balances.consumption(pool, term)
    counted = sum(used.get(kind, 0) for kind in balances.BASELINE_KINDS)
    months = calendar.months_between(
        calendar.local_date(term.starts_at, contract.time_zone),
        calendar.local_date(term.ends_at, contract.time_zone),
    )
    baseline = counted
    if months != RENEWED_MONTHS and months > 0:
        baseline = money.round_half_up(Fraction(counted * RENEWED_MONTHS, months))
    overage = used.get("overage", 0)
    return Proposal(
        baseline=baseline,
        credits=baseline,
        price_minor=money.released(committed.price_minor, committed.commitment, baseline),
        overage_credits=overage,
        overage_minor=money.released(committed.price_minor, committed.commitment, overage),
        rollover_credits=_carried(contract, pool, term, at),
        currency=committed.currency,
        evidence={
            "used": used,
            "counted_kinds": list(balances.BASELINE_KINDS),
            "months_of_term": months,
            "commitment": committed.commitment,
            "price_minor": committed.price_minor,
        },
    )


def propose(contract: Contract, *, at: datetime, final: bool = False) -> RenewalProposal | None:
    """Make or restate the proposal for the running term; None if nothing was used (O5).

    Restated after the term's end, for use that came late, it stays final (O7).
    """
    term = running_term(contract, at - calendar.TICK if final else at)
    if term is None or balances.commitment_of(_pool(contract, at), term) is None:
        return None
    figures = proposal(contract, term, at)
    if figures.baseline == 0:
        return None
    stated = {
        "restated_at": at,
        "final": term.ends_at <= at,
        "baseline": figures.baseline,
        "credits": figures.credits,
        "price_minor": figures.price_minor,
        "overage_credits": figures.overage_credits,
        "overage_minor": figures.overage_minor,
        "rollover_credits": figures.rollover_credits,
        "currency": figures.currency,
        "evidence": {**figures.evidence, "used_by_month": used_by_month(contract, term, at)},
    }
    made, _ = RenewalProposal.objects.update_or_create(
        contract=contract,
        term=term,
        defaults=stated,
        create_defaults={**stated, "proposed_at": at},
    )
    return made


def restate(contract: Contract, term: Term, figures: Proposal, *, at: datetime) -> None:
    """Show what late use makes of a closed term; what was offered and signed stays (O7)."""
    RenewalProposal.objects.filter(contract=contract, term=term).update(
        restated_at=at,
        baseline=figures.baseline,
        overage_credits=figures.overage_credits,
        overage_minor=figures.overage_minor,
        evidence={**figures.evidence, "used_by_month": used_by_month(contract, term, at)},
    )


def used_by_month(contract: Contract, term: Term, at: datetime) -> dict[str, int]:
    """Credits used in each local month (`"2026-01"`) of the term up to `at`, of all kinds, in order.

    Months without use are left out.
    """
    used: dict[str, int] = {}
    for row in usage_reports.series(
        contract.customer_id,
        first=term.starts_at,
        last=min(term.ends_at, at),
        zone=contract.time_zone,
        holder_id=contract.holder_id,
    ):
        month = f"{row.day:%Y-%m}"
        used[month] = used.get(month, 0) + row.credits
    return used


def propose_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: propose the renewal of contract `subject`, 90 days before its term ends."""
    contract = agreements.find(subject)
    if contract.status != Contract.Status.ENDED:
        propose(contract, at=due_at)


def sign_renewal(contract: Contract, *, by: str, at: datetime) -> Contract:
    """Sign the transposed renewal ahead of the term's end; it acts at the end.

    Raises Refusal `term_ended` for a contract that has ended without reinstatement grace.
    """
    signed = Contract.objects.filter(pk=contract.pk).exclude(status=Contract.Status.ENDED)
    if not signed.update(renewal_signed_at=at):
        raise Refusal("term_ended", f"{contract} has ended. Sign a new contract instead.")
    contract.renewal_signed_at = at
    return contract


def end_term(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: a term of contract `subject` ends at `due_at`: it is renewed, or the contract ends.

    The proposal is restated first; overage is left as a charge either way. Once: a term that another
    follows has ended already.
    """
    contract = agreements.find(subject)
    terms = contract.holder.terms.filter(customer_id=contract.customer_id)
    term = terms.filter(ends_at=due_at).first()
    ended = contract.status == Contract.Status.ENDED
    if term is None or ended or terms.filter(follows=due_at).exists():
        return
    with transaction.atomic():
        used = propose(contract, at=due_at, final=True) is not None
        figures = proposal(contract, term, due_at) if used else None
        if figures is not None and figures.overage_credits:
            leave_overage(
                contract,
                term,
                credits=figures.overage_credits,
                amount_minor=figures.overage_minor,
                at=due_at,
            )
        if figures is not None and (contract.auto_renew or contract.renewal_signed_at):
            _renew(contract, figures, due_at, recorded_at)
        else:
            contract.status = Contract.Status.ENDED
            contract.save(update_fields=["status"])


def leave_overage(
    contract: Contract, term: Term, *, credits: int, amount_minor: int, at: datetime, part: str = ""
) -> ScheduledCharge:
    """Leave overage of a closing or closed term as a charge, at the commitment's price (O4, X10)."""
    return activation.leave_charge(
        contract,
        term,
        ScheduledCharge.Kind.OVERAGE,
        credits=credits,
        amount_minor=amount_minor,
        issue_at=at,
        due_on=_due_on(contract, at),
        receivable_at=at,
        part=part,
    )


def _renew(contract: Contract, figures: Proposal, at: datetime, recorded_at: datetime) -> None:
    """Begin the next term: roll over what is left, commit and grant the baseline, leave its charge.

    Of a contract that can be cancelled the baseline is granted when it is paid (V3).
    """
    local_end = calendar.local_date(at, contract.time_zone)
    ends_at = calendar.local_midnight(_next_end(contract, local_end), contract.time_zone)
    following = holders.begin_term(contract.holder, starts_at=at, ends_at=ends_at)
    for pool in balances.pools_of(contract.holder):
        expiry.roll_over(
            pool,
            expiry.rollable(pool, at),
            Carry(_share(contract, at), following, contract.time_zone),
            at=at,
            recorded_at=recorded_at,
        )
    if not contract.cancellable:
        activation.grant_commitment(
            contract,
            following,
            credits=figures.credits,
            cost_minor=figures.price_minor,
            price_minor=figures.price_minor,
            effective_at=at,
            at=recorded_at,
        )
    activation.leave_charge(
        contract,
        following,
        ScheduledCharge.Kind.COMMITMENT,
        credits=figures.credits,
        amount_minor=figures.price_minor,
        issue_at=at,
        due_on=_due_on(contract, at),
        receivable_at=None if contract.cancellable else at,
    )
    contract.renewal_signed_at = None
    contract.save(update_fields=["renewal_signed_at"])
    agreements.plan_end(contract, ends_at)


def _next_end(contract: Contract, local_end: date) -> date:
    """The end of a term that begins on `local_end`: counted from the contract's own anchor while the
    terms before were whole months, so that a clamped day comes back (T3)."""
    months = calendar.months_between(contract.starts_on, local_end)
    if calendar.add_months(contract.starts_on, months) == local_end:
        return calendar.add_months(contract.starts_on, months + RENEWED_MONTHS)
    return calendar.add_months(local_end, RENEWED_MONTHS)


def _share(contract: Contract, at: datetime) -> Fraction:
    """The share of the rest that rolls over (S32)."""
    settings = terms_of_sale.in_force(contract.holder, at)
    if settings["rollover"] == "NONE":
        return Fraction(0)
    if settings["rollover"] == "FULL":
        return Fraction(1)
    return money.decimal(settings["rollover_pct"]) / 100


def _carried(contract: Contract, pool: Pool, term: Term, at: datetime) -> int:
    """Credits that would roll over as things stand: of blocks that end with the term."""
    share = _share(contract, at)
    balance = balances.of_pool(pool, as_of=at - calendar.TICK, known_at=at)
    rolling = {block.id for block in expiry.rollable(pool, term.ends_at)}
    return sum(int(block.left * share) for block in balance.blocks if block.id in rolling)


def _due_on(contract: Contract, at: datetime) -> date:
    return books.date_of(at, books.current(at)) + timedelta(days=contract.payment_terms_days)


def _pool(contract: Contract, at: datetime) -> Pool:
    return holders.pool(contract.holder, units.ensure(units.CREDITS), at)


def _commitment(pool: Pool, term: Term) -> PoolTerm:
    committed = balances.commitment_of(pool, term)
    if committed is None:
        raise Refusal("no_commitment", f"{term} has no commitment yet, so nothing to renew.")
    return committed
