"""Does renewals: the usage of a term becomes the commitment of the next (O5, X7, X28, X29).

A proposal is figures with their evidence: made 90 days before the end, restated at the end.
`contracts/term_ends.py` acts on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from contracts import agreements, consumer_credits, prices, terms_of_sale
from contracts.models import AgreedTerm, Contract, RenewalProposal
from creditops.lib import calendar, money
from creditops.lib.refusals import Refusal
from ledger import balances, books, expiry, holders, units, usage_reports
from ledger.balances import FROZEN
from ledger.models import Pool, PoolTerm, Term

RENEWED_MONTHS = 12
# In the evidence: the use behind a commitment that was rounded up (O6).
ROUNDED_FROM = "rounded_up_from"


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
    # Figures of a term that is over stay by the setting of its end, whatever is set since.
    kinds = terms_of_sale.baseline_kinds(contract.holder, min(at, term.ends_at))
    counted = sum(used.get(kind, 0) for kind in kinds)
    months = calendar.months_between(
        calendar.local_date(term.starts_at, contract.time_zone),
        calendar.local_date(term.ends_at, contract.time_zone),
    )
    baseline = counted
    if months != RENEWED_MONTHS and months > 0:
        baseline = money.round_half_up(Fraction(counted * RENEWED_MONTHS, months))
    overage = used.get("overage", 0)
    rounding = books.current(at).rounding
    credits = _rounded_up(contract, baseline, min(at, term.ends_at))
    return Proposal(
        baseline=baseline,
        credits=credits,
        price_minor=money.released(committed.price_minor, committed.commitment, credits, rounding),
        overage_credits=overage,
        overage_minor=money.released(
            committed.price_minor, committed.commitment, overage, rounding
        ),
        rollover_credits=_carried(contract, pool, term, at),
        currency=committed.currency,
        evidence={
            "used": used,
            "counted_kinds": kinds,
            "months_of_term": months,
            "commitment": committed.commitment,
            "price_minor": committed.price_minor,
            **({ROUNDED_FROM: baseline} if credits != baseline else {}),
        },
    )


def of_term(contract: Contract, term: Term, at: datetime) -> Proposal | None:
    """What a renewal after `term` would be, as things stand at `at`; None without a commitment."""
    if balances.commitment_of(_pool(contract, at), term) is None:
        return None
    return proposal(contract, term, at)


def propose(contract: Contract, *, at: datetime, final: bool = False) -> RenewalProposal | None:
    """Make or restate the proposal for the running term; None if nothing was used (O5), or if what
    follows was agreed ahead, as a year of a ramp.

    Restated after the term's end, for use that came late, it stays final (O7).
    """
    term = running_term(contract, at - calendar.TICK if final else at)
    if term is not None and _is_ramped(contract, term):
        return None
    figures = None if term is None else of_term(contract, term, at)
    if term is None or figures is None or figures.baseline == 0:
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
    """Show what late use makes of a closed term; what was offered and signed stays, and so does what it
    was rounded up from (O6, O7)."""
    offered = RenewalProposal.objects.filter(contract=contract, term=term)
    kept = offered.values_list("evidence__rounded_up_from", flat=True).first()
    evidence = {**figures.evidence, "used_by_month": used_by_month(contract, term, at)}
    evidence.pop(ROUNDED_FROM, None)
    offered.update(
        restated_at=at,
        baseline=figures.baseline,
        overage_credits=figures.overage_credits,
        overage_minor=figures.overage_minor,
        evidence=evidence if kept is None else {**evidence, ROUNDED_FROM: kept},
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


def follows(contract: Contract, at: datetime) -> bool:
    """Whether a term follows the running one, as things stand: signed, or agreed to come by itself."""
    if contract.renewal_signed_at is not None:
        return True
    return contract.auto_renew and not refused_by_itself(contract, at)


def refused_by_itself(contract: Contract, at: datetime) -> str:
    """Why the renewal that was agreed to come by itself can't, in a sentence; empty where it can.

    A consumer's credits may end too soon by the facts and settings of today (F2), whatever they were when
    the contract was signed.
    """
    if not (contract.auto_renew and contract.price_minor):
        return ""
    if not consumer_credits.is_protected(contract.customer) or contract.renewal_signed_at:
        return ""
    term = running_term(contract, at - calendar.TICK)
    if term is None or _is_ramped(contract, term):
        return ""
    first_day = calendar.local_date(term.ends_at, contract.time_zone)
    life = consumer_credits.later_life(
        first_day, RENEWED_MONTHS, f"those of term {term.number + 1}"
    )
    return consumer_credits.warning(contract.customer, [life], contract=contract.code, at=at)


def propose_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: propose the renewal of contract `subject`, 90 days before its term ends."""
    contract = agreements.find(subject)
    if contract.status != Contract.Status.ENDED and contract.terminated_at is None:
        propose(contract, at=due_at)


def kept_share(contract: Contract, at: datetime) -> Fraction:
    """The share of what a term leaves over that is carried into the next, 0 to 1 (S32)."""
    settings = terms_of_sale.in_force(contract.holder, at)
    if settings["rollover"] == "NONE":
        return Fraction(0)
    if settings["rollover"] == "FULL":
        return Fraction(1)
    return money.decimal(settings["rollover_pct"]) / 100


def _rounded_up(contract: Contract, baseline: int, at: datetime) -> int:
    """The baseline, or the tier that covers it where a setting says so (O6)."""
    if (
        not baseline
        or terms_of_sale.in_force(contract.holder, at)[terms_of_sale.ROUNDED_UP] != "TIER"
    ):
        return baseline
    price = prices.in_force(contract.currency, at)
    tier = None if price is None else prices.covering_tier(price, baseline)
    return baseline if price is None or tier is None else prices.tier_credits(price, tier)


def _is_ramped(contract: Contract, term: Term) -> bool:
    """Whether the term that follows was committed to ahead: there is nothing to propose."""
    return AgreedTerm.objects.filter(
        contract=contract, number=term.number + 1, credits__isnull=False, quote__isnull=True
    ).exists()


def _carried(contract: Contract, pool: Pool, term: Term, at: datetime) -> int:
    """Credits that would roll over as things stand: of blocks that end with the term. Of frozen ones
    the share was kept already."""
    share = kept_share(contract, at)
    balance = balances.of_pool(pool, as_of=at - calendar.TICK, known_at=at)
    rolling = {block.id for block in expiry.rollable(pool, term.ends_at)}
    return sum(
        block.rest if block.state == FROZEN else int(block.left * share)
        for block in balance.blocks
        if block.id in rolling
    )


def _pool(contract: Contract, at: datetime) -> Pool:
    return holders.pool(contract.holder, units.ensure(units.CREDITS), at)


def _commitment(pool: Pool, term: Term) -> PoolTerm:
    committed = balances.commitment_of(pool, term)
    if committed is None:
        raise Refusal("no_commitment", f"{term} has no commitment yet, so nothing to renew.")
    return committed
