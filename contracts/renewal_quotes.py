"""Does the pre-filled quote for a renewal: last term's use as the next commitment (S52, O5, O6).

The figures are the proposal's; what else a contract agrees stays as it is in force.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from contracts import prices, quotes, renewals, terms_of_sale
from contracts.models import Contract, QuoteVersion
from contracts.quote_terms import QuoteTerms, Year
from contracts.renewals import Proposal
from creditops.lib import calendar
from creditops.lib.refusals import Refusal
from ledger import limits
from ledger.models import Term

# A renewal quote is open to the end of the term, and at least so long.
_OPEN_DAYS = 14


def draft(contract: Contract, *, by: str, at: datetime) -> QuoteVersion:
    """Draft the quote for the next term, pre-filled from the use so far.

    Raises Refusal `no_running_term`, `nothing_to_renew` or `renewal_quoted`.
    """
    term = renewals.running_term(contract, at)
    figures = None if term is None else renewals.of_term(contract, term, at)
    if term is None or figures is None:
        raise Refusal("no_running_term", f"{contract} has no term with a commitment yet.")
    if not figures.credits:
        raise Refusal(
            "nothing_to_renew",
            f"Nothing was used in this term of {contract}. Talk to the customer, and quote anew.",
        )
    open_one = _open(contract, term)
    if open_one is not None:
        raise Refusal(
            "renewal_quoted",
            f"{open_one.quote} offers that term already. Revise it instead of a second one.",
        )
    terms = prefilled(contract, term, figures, at)
    return quotes.draft(
        contract.customer,
        terms,
        open_until=_open_until(contract, term, at),
        by=by,
        at=at,
        renews=contract,
        renews_term=term.number,
    )


def prefilled(contract: Contract, term: Term, figures: Proposal, at: datetime) -> QuoteTerms:
    """What the next term would be: the proposal's figures, on the terms that are in force."""
    settings = terms_of_sale.in_force(contract.holder, at)
    ratio = prices.in_force(figures.currency, at)
    listed = None if ratio is None else prices.list_minor(ratio, figures.credits)
    key = limits.key_of(contract.holder, contract.customer.code)
    rules = limits.of([key], at)[key.holder_id].rules
    return QuoteTerms(
        currency=figures.currency,
        starts_on=calendar.local_date(term.ends_at, contract.time_zone),
        time_zone=contract.time_zone,
        years=(Year(figures.credits, figures.price_minor, listed),),
        term_months=renewals.RENEWED_MONTHS,
        installments=contract.installments,
        payment_terms_days=contract.payment_terms_days,
        rollover=settings["rollover"],
        rollover_pct=settings["rollover_pct"],
        overage_pct=settings["overage_pct"],
        enforcement=rules.enforcement,
        seat_allowance=settings["seat_allowance"],
        rate_card=contract.rate_card.code if contract.rate_card else "",
        auto_renew=contract.auto_renew,
        cancellable=contract.cancellable,
        is_default=contract.holder.is_default,
        follows_usage=term.ends_at > at,
        contract_name=contract.name,
    )


def _open(contract: Contract, term: Term) -> QuoteVersion | None:
    found: QuoteVersion | None = (
        QuoteVersion.objects.select_related("quote")
        .filter(
            quote__renews=contract,
            quote__renews_term=term.number,
            status__in=["draft", "in_approval", "sent", "accepted"],
        )
        .first()
    )
    return found


def _open_until(contract: Contract, term: Term, at: datetime) -> date:
    """To the last day of the term, and the grace after it; at least two weeks from now."""
    days = terms_of_sale.in_force(contract.holder, at)["reinstatement_grace_days"]
    last = calendar.last_day(term.ends_at, contract.time_zone) + timedelta(days=days)
    today = calendar.local_date(at, contract.time_zone)
    return max(last, today + timedelta(days=_OPEN_DAYS)) if not days else last
