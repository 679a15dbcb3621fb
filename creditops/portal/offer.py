"""Answers what somebody who has the link of a quote sees: the offer, as it was sent, and how it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts import quote_answers, quote_papers, quote_terms, quotes
from contracts.models import QuoteAnswer, QuoteVersion
from creditops.lib import printed
from creditops.lib.refusals import Refusal


def of(version: QuoteVersion, at: datetime) -> dict[str, Any]:
    """What the page shows of a version. Rates and prices are those of when it was sent."""
    closed = _closed(version, at)
    customer = version.quote.customer
    return {
        "code": version.quote.code,
        "version": version.number,
        "customer": customer.legal_name or customer.name,
        "open_until": printed.day(version.open_until),
        "offer": quote_papers.offer(quote_terms.read(version.terms), version.sent_at or at),
        "answer": QuoteAnswer.objects.filter(version=version).first(),
        "open": not closed,
        "closed": closed,
        "messages_said": list(version.quote.messages.all()),
    }


def _closed(version: QuoteVersion, at: datetime) -> str:
    """Why it can't be accepted (any more); empty if it can."""
    try:
        quote_answers.check_open(version, quotes.newest_of(version.quote), at)
    except Refusal as refusal:
        return refusal.detail
    return ""
