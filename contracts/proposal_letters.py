"""Does the renewal proposal as a document: what was used, and how it became the next commitment.

It prints the proposal's stored figures and their evidence; each restatement has a document (S49).
"""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from contracts.models import RenewalProposal
from contracts.renewals import RENEWED_MONTHS, ROUNDED_FROM
from creditops.lib import calendar, files, money, pdf, printed
from creditops.lib.models import StoredFile
from ledger.models import Term

# What a customer reads for the kinds of credits that evidence counts, in the order of the list.
_KINDS = {
    "paid": "Paid credits, rolled-over ones included",
    "bonus": "Bonus credits of a purchase",
    "migration": "Credits brought along from an earlier system",
    "overage": "Overage: used beyond the balance",
    "promo": "Promotional credits",
    "daily": "Daily credits",
    "compensation": "Compensation credits",
}

# The picture of use by month, in units of its view box; the style sheet gives it its size on paper.
# Its bars stand between _TOP and _BASE, their months below, and the first month's name needs a
# little room on the left.
_WIDTH, _TOP, _BASE, _LABEL, _MARGIN = 680, 24, 124, 20, 4
# As many bars have their month and figure written at them; of more, every second, third ... has.
_LABELS_MAX = 14


def proposal_pdf(proposal: RenewalProposal, at: datetime, *, vendor: str = "") -> StoredFile:
    """The stored PDF of a proposal as last restated; rendered at `at` if there is none yet.

    Args:
        vendor: who proposes, as printed at its head: the floors above know the legal entity.

    Raises Refusal `pdf_unavailable` where it has to be rendered and pango is missing.
    """
    term = _term(proposal)
    name = (
        f"proposals/{proposal.contract.code}-term-{term.number}-"
        f"{proposal.restated_at:%Y-%m-%dT%H%M%SZ}.pdf"
    )
    found = files.find(name)
    if found is not None:
        return found
    content = pdf.render("documents/proposal.html", {**facts(proposal, term), "vendor": vendor})
    return files.keep(name, content, content_type=pdf.CONTENT_TYPE, at=at)


def facts(proposal: RenewalProposal, term: Term) -> dict[str, Any]:
    """What the document prints, as text: the context of its template."""
    contract, currency = proposal.contract, proposal.currency
    customer, zone = contract.customer, contract.time_zone
    return {
        "created": proposal.restated_at.isoformat(timespec="seconds"),
        "customer": customer.legal_name or customer.name,
        "address": printed.address(customer.address),
        "country": printed.country(customer.country),
        "contract": contract.code,
        "starts": printed.day(calendar.local_date(term.starts_at, zone)),
        "ends": printed.day(calendar.last_day(term.ends_at, zone)),
        "next_starts": printed.day(calendar.local_date(term.ends_at, zone)),
        "months": RENEWED_MONTHS,
        "as_of": printed.day(calendar.last_day(proposal.restated_at, zone)),
        "final": proposal.final,
        "currency": currency,
        "credits": printed.credits(proposal.credits),
        "price": printed.amount(proposal.price_minor, currency),
        "unit_price": _unit_price(proposal),
        "overage_credits": proposal.overage_credits and printed.credits(proposal.overage_credits),
        "overage": printed.amount(proposal.overage_minor, currency),
        "total": printed.amount(proposal.price_minor + proposal.overage_minor, currency),
        "sentences": sentences(proposal),
        "used": _used(proposal),
        "picture": _picture(proposal, term),
    }


def sentences(proposal: RenewalProposal) -> list[str]:
    """The arithmetic in words, step by step: from what was used to what is proposed (O5, O7, X28)."""
    return [*_what_was_used(proposal), *_what_is_proposed(proposal), _rollover(proposal)]


def _what_was_used(proposal: RenewalProposal) -> list[str]:
    used: dict[str, int] = proposal.evidence["used"]
    everything = sum(used.values())
    counted = sum(used.get(kind, 0) for kind in proposal.evidence["counted_kinds"])
    beyond, so_far = proposal.overage_credits, "" if proposal.final else " so far"
    said = [f"You used {printed.credits(everything)} credits in the term{so_far}."]
    if everything > counted:
        said.append(
            f"{printed.credits(everything - counted)} of them were given to you free of charge and "
            f"do not count. {printed.credits(counted)} remain."
        )
    if beyond:
        said.append(
            f"{printed.credits(counted - beyond)} of these came from your balance and "
            f"{printed.credits(beyond)} went beyond it."
        )
    if proposal.baseline != counted:
        said.append(
            f"The term has {proposal.evidence['months_of_term']} months; on {RENEWED_MONTHS} months "
            f"that makes {printed.credits(proposal.baseline)} credits."
        )
    return said


def _what_is_proposed(proposal: RenewalProposal) -> list[str]:
    currency, beyond = proposal.currency, proposal.overage_credits
    price = printed.amount(proposal.price_minor, currency)
    said = [
        f"{'So' if proposal.final else 'As things stand'} we propose "
        f"{printed.credits(proposal.credits)} credits for the next {RENEWED_MONTHS} months, at the "
        f"price that you pay today: {currency} {_unit_price(proposal)} a credit, {currency} {price} "
        "in all."
    ]
    if beyond:
        said.append(
            f"The {printed.credits(beyond)} credits beyond your balance are billed with it, at the "
            f"same price: {currency} {printed.amount(proposal.overage_minor, currency)}."
        )
    rounded_from = proposal.evidence.get(ROUNDED_FROM)
    if rounded_from is not None:
        said.append(
            f"That is your use of {printed.credits(rounded_from)} credits, rounded up to the next size "
            "that we sell."
        )
    if proposal.baseline != (rounded_from or proposal.credits):
        said.append(
            f"Use that was reported after the end of the term makes it "
            f"{printed.credits(proposal.baseline)} credits; what was proposed stays."
        )
    return said


def _rollover(proposal: RenewalProposal) -> str:
    if not proposal.rollover_credits:
        return "No unused credits roll over into the next term."
    roll = "roll" if proposal.final else "would, as things stand, roll"
    return (
        f"{printed.credits(proposal.rollover_credits)} unused credits {roll} over into the next "
        "term. They come on top of the new commitment and are used first."
    )


def _used(proposal: RenewalProposal) -> list[dict[str, Any]]:
    """What was used of each kind of credits, those that count for the next commitment first."""
    used: dict[str, int] = proposal.evidence["used"]
    counted = proposal.evidence["counted_kinds"]
    return [
        {"kind": name, "credits": printed.credits(used[kind]), "counts": kind in counted}
        for kind, name in _KINDS.items()
        if used.get(kind)
    ]


def _unit_price(proposal: RenewalProposal) -> str:
    """What a committed credit costs, exact (M3)."""
    evidence = proposal.evidence
    scale = 10 ** money.exponent(proposal.currency)
    price = Fraction(evidence["price_minor"], evidence["commitment"] * scale)
    return printed.unit_price(money.decimal_text(price), proposal.currency)


def _picture(proposal: RenewalProposal, term: Term) -> dict[str, Any]:
    """Bars of the use by month, and the line of an even use of the commitment."""
    used: dict[str, int] = proposal.evidence["used_by_month"]
    months = _months(term, proposal.contract.time_zone)
    values = [used.get(f"{month:%Y-%m}", 0) for month in months]
    even: int = proposal.evidence["commitment"] // max(1, proposal.evidence["months_of_term"])
    highest = max(*values, even, 1)
    step, labelled = _WIDTH // len(months), -(-len(months) // _LABELS_MAX)

    def height(value: int) -> int:
        return value * (_BASE - _TOP) // highest

    bars = [
        {
            "x": number * step + step // 6,
            "middle": number * step + step // 2,
            "top": _BASE - height(value),
            "width": step - step // 3,
            "height": height(value),
            "month": printed.month(month) if number % labelled == 0 else "",
            "credits": printed.credits(value) if value and labelled == 1 else "",
        }
        for number, (month, value) in enumerate(zip(months, values, strict=True))
    ]
    return {
        "bars": bars,
        "base": _BASE,
        "width": _WIDTH,
        "even": printed.credits(even),
        "even_top": _BASE - height(even),
        "view_box": f"{-_MARGIN} 0 {_WIDTH + 2 * _MARGIN} {_BASE + _LABEL}",
    }


def _months(term: Term, zone: str) -> list[date]:
    """The first days of the local months that the term touches."""
    first = calendar.month_start(calendar.local_date(term.starts_at, zone))
    last = calendar.last_day(term.ends_at, zone)
    count = calendar.months_between(first, last) + 1
    return [calendar.add_months(first, number) for number in range(count)]


def _term(proposal: RenewalProposal) -> Term:
    contract = proposal.contract
    return Term.objects.get(customer_id=contract.customer_id, id=proposal.term_id)
