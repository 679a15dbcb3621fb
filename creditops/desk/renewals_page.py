"""Answers with the renewal desk: every contract whose term ends soon, with what its use proposes (S52).

The figures are the stored proposals', so that they are what the customer reads too: stated 90 days ahead,
restated on request and at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from contracts import proposal_letters, renewals
from contracts.activation import PROPOSED_DAYS_AHEAD
from contracts.models import AgreedTerm, Contract, QuoteVersion, RenewalProposal
from creditops.lib import calendar, clock, policies, verbs
from creditops.lib.admin_columns import amount
from creditops.pictures import bars
from ledger.models import Term

# The longest grace that a setting may give a late renewal (L13).
_GRACE_DAYS_MAX = 60
_SHOWN_MAX = 200
_OPEN = ("draft", "in_approval", "sent", "accepted")
_KINDS = {
    "paid": "Paid and rolled over", "bonus": "Bonus", "migration": "Brought along",
    "overage": "Overage", "promo": "Promotional", "daily": "Daily", "compensation": "Compensation",
}  # fmt: skip


@dataclass(frozen=True)
class Renewal:
    """A contract on the desk.

    Attributes:
        days: to the last day of its term; below zero within the grace after it.
        stands: what happens at the end, as things are.
        used: kind of credits, how many, whether they count for the next commitment.
        sentences: the arithmetic in words.
        quote: the version that offers the next term, if one does.
        may_quote: whether a quote for it can be drafted.
    """

    contract: Contract
    term: Term
    last_day: date
    days: int
    stands: str
    proposal: RenewalProposal | None
    curve: SafeString | None
    used: Sequence[tuple[str, int, bool]]
    sentences: Sequence[str]
    price: str
    overage: str
    quote: QuoteVersion | None
    may_quote: bool


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The desk."""
    at = clock.now()
    context = {
        **site.each_context(request),
        "title": "Renewals",
        "rows": of(at),
        "days": PROPOSED_DAYS_AHEAD,
        "may": {verb: verbs.may(request.user, verb) for verb in ("make_quote", "propose_renewal")},
    }
    return TemplateResponse(request, "desk/renewals.html", context)


def of(at: datetime) -> list[Renewal]:
    """The contracts whose term ends within 90 days, or ended within the grace; soonest first.

    The number of queries does not depend on theirs.
    """
    terms = {
        term.holder_id: term
        for term in Term.objects.filter(
            starts_at__lte=at,
            ends_at__gt=at - timedelta(days=_GRACE_DAYS_MAX),
            ends_at__lte=at + timedelta(days=PROPOSED_DAYS_AHEAD),
        ).order_by("holder_id", "number")
    }
    contracts = list(
        Contract.objects.filter(holder__in=list(terms), terminated_at__isnull=True)
        .select_related("customer", "holder")
        .order_by("pk")[:_SHOWN_MAX]
    )
    graces = _graces(contracts, at)
    shown = [
        (contract, terms[contract.holder_id])
        for contract in contracts
        if _is_shown(contract, terms[contract.holder_id], graces[contract.pk], at)
    ]
    beside = _beside(shown)
    found = [_renewal(contract, term, beside, at) for contract, term in shown]
    return sorted(found, key=lambda row: (row.days, row.contract.code))


@dataclass(frozen=True)
class _Beside:
    proposals: dict[tuple[int, int], RenewalProposal]
    quotes: dict[tuple[int, int], QuoteVersion]
    agreed: set[tuple[int, int]]


def _graces(contracts: Sequence[Contract], at: datetime) -> dict[int, int]:
    """Days of grace by contract; one query."""
    scopes = {
        c.pk: [policies.contract_scope(c.code), policies.customer_scope(c.customer.code)]
        for c in contracts
    }
    found = policies.in_force_for(scopes, at)
    return {pk: settings["reinstatement_grace_days"] for pk, settings in found.items()}


def _is_shown(contract: Contract, term: Term, grace: int, at: datetime) -> bool:
    if contract.status == Contract.Status.ACTIVE:
        return term.ends_at > at
    within = term.ends_at <= at < term.ends_at + timedelta(days=grace)
    return contract.status == Contract.Status.ENDED and within


def _beside(shown: Sequence[tuple[Contract, Term]]) -> _Beside:
    contracts = [contract for contract, _ in shown]
    proposals = RenewalProposal.objects.filter(contract__in=contracts).select_related(
        "contract__customer"
    )
    offered = QuoteVersion.objects.filter(
        quote__renews__in=contracts, status__in=_OPEN
    ).select_related("quote")
    agreed = AgreedTerm.objects.filter(contract__in=contracts)
    return _Beside(
        proposals={(row.contract_id, row.term_id): row for row in proposals},
        quotes={(v.quote.renews_id or 0, v.quote.renews_term or 0): v for v in offered},
        agreed={(row.contract_id, row.number) for row in agreed},
    )


def _renewal(contract: Contract, term: Term, beside: _Beside, at: datetime) -> Renewal:
    last = calendar.last_day(term.ends_at, contract.time_zone)
    proposal = beside.proposals.get((contract.pk, term.pk))
    quote = beside.quotes.get((contract.pk, term.number))
    ramped = (contract.pk, term.number + 1) in beside.agreed and quote is None
    return Renewal(
        contract=contract,
        term=term,
        last_day=last,
        days=(last - calendar.local_date(at, contract.time_zone)).days,
        stands=_stands(contract, ramped, at),
        proposal=proposal,
        curve=None if proposal is None else _curve(proposal, term),
        used=[] if proposal is None else _used(proposal),
        sentences=[] if proposal is None else proposal_letters.sentences(proposal),
        price="" if proposal is None else amount(proposal.price_minor, proposal.currency),
        overage="" if proposal is None else amount(proposal.overage_minor, proposal.currency),
        quote=quote,
        may_quote=quote is None and not ramped,
    )


def _stands(contract: Contract, ramped: bool, at: datetime) -> str:
    if contract.status == Contract.Status.ENDED:
        return "ended: what is left is frozen, and a late renewal saves it"
    if ramped:
        return "goes on: the next year was agreed with this one"
    if contract.renewal_signed_at is not None:
        return "renewed: it is signed"
    if renewals.refused_by_itself(contract, at):
        return "ends: it may not renew by itself, and its page says why"
    return "renews by itself" if contract.auto_renew else "ends, unless it is renewed"


def _curve(proposal: RenewalProposal, term: Term) -> SafeString:
    """What was used month by month."""
    used: dict[str, int] = proposal.evidence.get("used_by_month", {})
    zone = proposal.contract.time_zone
    first = calendar.month_start(calendar.local_date(term.starts_at, zone))
    last = calendar.month_start(calendar.last_day(min(term.ends_at, proposal.restated_at), zone))
    months = calendar.months_between(first, last) + 1
    days = [calendar.add_months(first, number) for number in range(max(1, months))]
    return bars.columns(
        [bars.Day(day, used.get(f"{day:%Y-%m}", 0)) for day in days],
        title=f"Used by month, {proposal.contract.code}",
    )


def _used(proposal: RenewalProposal) -> list[tuple[str, int, bool]]:
    """What was used of each kind of credits, and whether it counts (O5)."""
    used: dict[str, int] = proposal.evidence["used"]
    counted = proposal.evidence["counted_kinds"]
    return [(name, used[kind], kind in counted) for kind, name in _KINDS.items() if used.get(kind)]
