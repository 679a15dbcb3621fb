"""Does the quote as a document: printed when it is sent, kept with its hash, never printed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts import quote_figures, quote_terms, quote_words
from contracts.models import QuoteVersion
from contracts.quote_terms import QuoteTerms
from creditops.lib import calendar, files, money, pdf, printed
from creditops.lib.models import StoredFile


def keep(version: QuoteVersion, *, at: datetime, vendor: Mapping[str, Any]) -> StoredFile:
    """Print a version and keep it.

    Args:
        vendor: who offers, as printed: name, address, country, ...

    Raises Refusal `pdf_unavailable` where pango is missing.
    """
    content = pdf.render("documents/quote.html", {**facts(version, at), "seller": vendor})
    # A draft that comes back from an approval may be printed twice; what was sent is named by its bytes.
    name = f"quotes/{version.quote.code}-{version.number}-{at:%Y-%m-%dT%H%M%S%fZ}.pdf"
    return files.keep(name, content, content_type=pdf.CONTENT_TYPE, at=at)


def facts(version: QuoteVersion, at: datetime) -> dict[str, Any]:
    """What the document prints, as text: the context of its template."""
    terms = quote_terms.read(version.terms)
    customer = version.quote.customer
    return {
        "created": at.isoformat(timespec="seconds"),
        "quote": version.quote.code,
        "version": version.number,
        "customer": customer.legal_name or customer.name,
        "address": printed.address(customer.address),
        "country": printed.country(customer.country),
        "recipient": terms.recipient_name,
        "offered_on": printed.day(calendar.local_date(at, terms.time_zone)),
        "open_until": printed.day(version.open_until),
        **offer(terms, at),
    }


def offer(terms: QuoteTerms, at: datetime) -> dict[str, Any]:
    """What is offered, as text: for the document and for the page that shows it."""
    figures = quote_figures.of(terms, at)
    currency = terms.currency
    return {
        "currency": currency,
        "message": [line for line in terms.message.splitlines() if line.strip()],
        "years": [_year(terms, number) for number in range(len(terms.years))],
        "bonus": terms.bonus_credits and printed.credits(terms.bonus_credits),
        "credits": printed.credits(figures.credits),
        "total": printed.amount(figures.price_minor, currency),
        "list": _above(terms, figures.price_minor),
        "unit_price": printed.unit_price(money.decimal_text(figures.unit_price), currency),
        "terms": quote_words.for_customers(terms),
        "actions": [
            {
                "item": action.item,
                "unit": action.customer_unit,
                "credits": printed.credits(action.credits),
                "per": "" if action.per == 1 else printed.credits(action.per),
                "price": printed.unit_price(money.decimal_text(action.price), currency),
            }
            for action in quote_figures.actions(terms, at)
        ],
        "follows_usage": terms.follows_usage,
        "installments": _schedule(terms),
    }


def _year(terms: QuoteTerms, number: int) -> dict[str, str]:
    year, months = terms.years[number], terms.months(number)
    first = terms.begins(number)
    last = calendar.day_before(calendar.add_months(first, months))
    return {
        "from": printed.day(first),
        "to": printed.day(last),
        "credits": printed.credits(year.credits),
        "price": printed.amount(year.price_minor, terms.currency),
    }


def _above(terms: QuoteTerms, price_minor: int) -> str:
    """The list price, where it is higher than what is offered."""
    listed = terms.list_minor
    return "" if listed is None or listed <= price_minor else printed.amount(listed, terms.currency)


def _schedule(terms: QuoteTerms) -> list[dict[str, str]]:
    """When which part is invoiced: the schedule of invoices beside that of access."""
    found = []
    for number, year in enumerate(terms.years):
        parts = money.allocate(year.price_minor, [1] * terms.installments)
        step = terms.months(number) // terms.installments
        for part, amount in enumerate(parts):
            day = calendar.add_months(terms.begins(number), part * step)
            first = number == part == 0
            found.append(
                {
                    "when": "At the signature" if first else printed.day(day),
                    "amount": printed.amount(amount, terms.currency),
                }
            )
    return found
