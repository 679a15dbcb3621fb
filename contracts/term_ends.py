"""Does the ends of terms: renewed, or ended; overage is charged either way (O5, L12, L13, X9).

At the end a contract that renews gets its next term, and what is left rolls over once. Without a renewal
the contract has ended; where a grace is agreed, what is left is frozen until it is over, and a renewal
signed within it begins where the old term ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction

from contracts import activation, agreements, commissions, renewals, terms_of_sale
from contracts.agreements import LaterTerm
from contracts.models import AgreedTerm, Contract, Quote, ScheduledCharge
from contracts.renewals import RENEWED_MONTHS, Proposal
from creditops.lib import calendar, due, money, policies
from creditops.lib.refusals import Refusal
from ledger import balances, books, daily_credits, expiry, holders
from ledger.expiry import Carry
from ledger.models import Term


def sign_renewal(
    contract: Contract, *, by: str, at: datetime, after: int | None = None
) -> Contract:
    """Sign the transposed renewal: ahead of the term's end it acts at the end, within the grace after
    it at once (L13).

    Args:
        after: the number of the term that is to be renewed, as whoever signs saw it; None: that of now.

    Raises Refusal `term_ended` for a contract that has ended and is past its grace, or has none,
    `renewal_signed` where it was signed already or another term runs by now, `consumer_credits_end_early`
    (F2), and `nothing_to_renew` where nothing was used in the term that ended (O5).
    """
    due.catch_up(
        [contract.customer.code], at
    )  # whether the term has ended must not hang on a sweep
    within = reinstatable_until(contract, at) is not None
    term = renewals.running_term(contract, at)
    if after is not None and term is not None and term.number != after:
        raise Refusal(
            "renewal_signed",
            f"Term {after} of {contract} was renewed already: term {term.number} runs now.",
        )
    if term is not None and agreed_after(contract, term) is None and contract.price_minor:
        by_use = LaterTerm(credits=None, price_minor=None, months=RENEWED_MONTHS)
        _check_consumer(contract, [by_use], term, at)
    if within:
        return _reinstate(contract, at)
    _sign(contract, at)
    return contract


def sign_agreed_renewal(
    contract: Contract,
    *,
    after: int,
    terms: Sequence[LaterTerm],
    settings: Mapping[str, Any],
    quote: Quote,
    by: str,
    at: datetime,
) -> Contract:
    """Sign a renewal on terms of its own: what a quote said, as far as it does not follow the use.

    Args:
        after: the number of the term that ends, by which the quote was made.
        terms: of the term that follows it, and of later ones.
        settings: of the contract, as they are from the next term on.
        quote: that the customer accepted.

    Raises what `sign_renewal` does (of every term in `terms`), `renewal_too_late` where another term runs
    by now, or `installments_unfit`.
    """
    due.catch_up([contract.customer.code], at)
    contract.refresh_from_db()
    within = reinstatable_until(contract, at) is not None
    term = renewals.running_term(contract, at)
    if term is None or term.number != after:
        raise Refusal(
            "renewal_too_late",
            f"The quote is for what follows term {after} of {contract}, and that has begun already.",
        )
    if contract.cancellable and any(t.bonus_credits or t.installments > 1 for t in terms):
        raise Refusal(
            "installments_unfit",
            f"{contract} can be cancelled: its terms have no bonus credits and are paid at once.",
        )
    _check_consumer(contract, terms, term, at)
    with transaction.atomic():
        if AgreedTerm.objects.filter(contract=contract, number=after + 1).exists():
            raise _signed_already(contract)
        agreements.agree_later(contract, terms, after=after, by=by, at=at, quote=quote)
        _settle(contract, settings, at if within else term.ends_at, by, at)
        if within:
            return _reinstate(contract, at)
        _sign(contract, at)
    return contract


def _check_consumer(
    contract: Contract, terms: Sequence[LaterTerm], term: Term, at: datetime
) -> None:
    """Refuse what follows `term` where credits would end too soon for a consumer (F2)."""
    first_day = calendar.local_date(term.ends_at, contract.time_zone)
    agreements.check_later(contract, terms, first_day=first_day, after=term.number, at=at)


def _sign(contract: Contract, at: datetime) -> None:
    """Mark the renewal as signed, once."""
    current = Contract.objects.select_for_update(of=("self",)).filter(pk=contract.pk)
    with transaction.atomic():
        found = current.get()
        if found.status == Contract.Status.ENDED:
            raise Refusal("term_ended", f"{contract} has ended. Sign a new contract instead.")
        if found.renewal_signed_at is not None:
            raise _signed_already(found)
        current.update(renewal_signed_at=at)
    contract.renewal_signed_at = at


def _signed_already(contract: Contract) -> Refusal:
    return Refusal(
        "renewal_signed",
        f"The next term of {contract} was agreed already. Cancel that first, or wait for it to begin.",
    )


def _settle(
    contract: Contract, settings: Mapping[str, Any], begins: datetime, by: str, at: datetime
) -> None:
    """Have the settings of a renewal act from its begin; what is as it was is left alone."""
    now = terms_of_sale.in_force(contract.holder, at)
    changed = {name: value for name, value in settings.items() if now[name] != value}
    if not changed:
        return
    terms_of_sale.check_signable(changed, "")
    policies.change(
        policies.contract_scope(contract.code), changed, effective_at=max(begins, at),
        recorded_at=at, by=by, approved_by=f"the renewal of {contract.code}",
    )  # fmt: skip


def agreed_after(contract: Contract, term: Term) -> AgreedTerm | None:
    """What was agreed about the term that follows `term`, unless the contract was ended early."""
    if contract.terminated_at is not None:
        return None
    found: AgreedTerm | None = AgreedTerm.objects.filter(
        contract=contract, number=term.number + 1
    ).first()
    return found


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
        renewals.propose(contract, at=due_at, final=True)
        figures = renewals.of_term(contract, term, due_at)
        if figures is not None and figures.overage_credits:
            leave_overage(
                contract,
                term,
                credits=figures.overage_credits,
                amount_minor=figures.overage_minor,
                at=due_at,
                recorded_at=recorded_at,
            )
        agreed = agreed_after(contract, term)
        if figures is not None and _renews(contract, figures, agreed, due_at):
            share = renewals.kept_share(contract, due_at)
            _renew(contract, figures, share, due_at, recorded_at, issue_at=due_at, agreed=agreed)
        else:
            _end(contract, due_at, recorded_at)


def _renews(contract: Contract, figures: Proposal, agreed: AgreedTerm | None, at: datetime) -> bool:
    """Whether another term follows: agreed ahead, or renewed by the use that there was (O5).

    What was signed for the next term stands. By itself nothing is sold to a consumer that nobody may sign
    at the term's end (F2): then the contract ends.
    """
    if agreed is not None and agreed.credits is not None:
        return True
    return bool(figures.baseline) and renewals.follows(contract, at)


def leave_overage(
    contract: Contract,
    term: Term,
    *,
    credits: int,
    amount_minor: int,
    at: datetime,
    recorded_at: datetime,
    part: str = "",
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
        at=recorded_at,
        part=part,
    )


def reinstatable_until(contract: Contract, at: datetime) -> datetime | None:
    """The end of the grace in which a contract that has ended may still be renewed, if `at` is in it.

    None for a contract that has not ended, too.
    """
    term = renewals.running_term(contract, at)
    current = Contract.objects.get(pk=contract.pk)
    if term is None or current.status != Contract.Status.ENDED:
        return None
    until = _grace_ends_at(contract, term.ends_at)
    return until if term.ends_at <= at < until else None


def _end(contract: Contract, at: datetime, recorded_at: datetime) -> None:
    """End the contract; with a grace, what a renewal would keep is frozen until that is over."""
    contract.status = Contract.Status.ENDED
    contract.save(update_fields=["status"])
    daily_credits.stop_all(contract.holder, at=at)
    until = _grace_ends_at(contract, at)
    if until == at:
        return
    for pool in balances.pools_of(contract.holder):
        expiry.freeze(
            pool,
            expiry.rollable(pool, at),
            renewals.kept_share(contract, at),
            at=at,
            until=until,
            recorded_at=recorded_at,
        )


def _reinstate(contract: Contract, at: datetime) -> Contract:
    """Renew a contract within its grace: the new term begins where the old one ended, at once.

    All that was frozen is carried over: the share was kept when it was frozen.
    """
    with transaction.atomic():
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        contract.refresh_from_db()
        term = renewals.running_term(contract, at)
        if contract.status != Contract.Status.ENDED or term is None:
            raise Refusal("contract_active", f"{contract} was renewed already.")
        agreed = agreed_after(contract, term)
        proposed = renewals.propose(contract, at=at, final=True)
        if proposed is None and (agreed is None or agreed.credits is None):
            raise Refusal(
                "nothing_to_renew", f"Nothing was used in the last term of {contract}. "
                "Sign a new contract instead.",
            )  # fmt: skip
        contract.status = Contract.Status.ACTIVE
        contract.save(update_fields=["status"])
        figures = renewals.proposal(contract, term, at)
        _renew(contract, figures, Fraction(1), term.ends_at, at, issue_at=at, agreed=agreed)
    return contract


def _grace_ends_at(contract: Contract, ended_at: datetime) -> datetime:
    """The local midnight so many days after a term's end (T4); the end itself without a grace, or of a
    contract that was ended early."""
    if contract.terminated_at is not None:
        return ended_at
    days = terms_of_sale.in_force(contract.holder, ended_at)["reinstatement_grace_days"]
    last = calendar.local_date(ended_at, contract.time_zone) + timedelta(days=days)
    return calendar.local_midnight(last, contract.time_zone) if days else ended_at


def _renew(
    contract: Contract,
    figures: Proposal,
    share: Fraction,
    at: datetime,
    recorded_at: datetime,
    *,
    issue_at: datetime,
    agreed: AgreedTerm | None,
) -> None:
    """Begin the next term: roll over what is left, commit and grant what was agreed, else the baseline,
    leave its charges.

    Of a contract that can be cancelled the commitment is granted when it is paid (V3).
    """
    figures = _as_agreed(figures, agreed)
    months = RENEWED_MONTHS if agreed is None else agreed.months
    bonus = 0 if agreed is None else agreed.bonus_credits
    local_end = calendar.local_date(at, contract.time_zone)
    ends_at = calendar.local_midnight(_next_end(contract, local_end, months), contract.time_zone)
    following = holders.begin_term(contract.holder, starts_at=at, ends_at=ends_at)
    if not contract.cancellable:
        commissions.close(contract, following, price_minor=figures.price_minor, at=issue_at)
    for pool in balances.pools_of(contract.holder):
        expiry.roll_over(
            pool,
            expiry.rollable(pool, at),
            Carry(share, following, contract.time_zone),
            at=at,
            recorded_at=recorded_at,
        )
    receivable_at = None if contract.cancellable else issue_at
    activation.leave_commitment(
        contract,
        following,
        credits=figures.credits,
        amount_minor=figures.price_minor,
        installments=contract.installments if agreed is None else agreed.installments,
        issue_at=issue_at,
        due_on=_due_on(contract, issue_at),
        receivable_at=receivable_at,
        at=recorded_at,
    )
    if bonus:
        activation.leave_charge(
            contract,
            following,
            ScheduledCharge.Kind.BONUS,
            credits=bonus,
            amount_minor=0,
            issue_at=issue_at,
            due_on=_due_on(contract, issue_at),
            receivable_at=receivable_at,
            at=recorded_at,
        )
    if not contract.cancellable:
        paid, given = money.allocate(figures.price_minor, [figures.credits, bonus])
        activation.grant_commitment(
            contract,
            following,
            credits=figures.credits,
            cost_minor=paid,
            price_minor=figures.price_minor,
            bonus=(bonus, given),
            effective_at=at,
            valued_at=issue_at,
            at=recorded_at,
        )
    contract.renewal_signed_at = None
    contract.save(update_fields=["renewal_signed_at"])
    agreements.plan_end(contract, ends_at)


def _as_agreed(figures: Proposal, agreed: AgreedTerm | None) -> Proposal:
    """The next commitment: what was agreed, else what the use proposes."""
    if agreed is None or agreed.credits is None or agreed.price_minor is None:
        return figures
    return replace(figures, credits=agreed.credits, price_minor=agreed.price_minor)


def _next_end(contract: Contract, local_end: date, following: int) -> date:
    """The end of a term that begins on `local_end`: counted from the contract's own anchor while the
    terms before were whole months, so that a clamped day comes back (T3)."""
    months = calendar.months_between(contract.starts_on, local_end)
    if calendar.add_months(contract.starts_on, months) == local_end:
        return calendar.add_months(contract.starts_on, months + following)
    return calendar.add_months(local_end, following)


def _due_on(contract: Contract, at: datetime) -> date:
    return books.date_of(at, books.current(at)) + timedelta(days=contract.payment_terms_days)
