"""Quotes for tests: what Sam offers to Acme, unless a story says otherwise."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from accounts.models import Customer
from contracts import prices, quote_answers, quotes
from contracts.models import PriceVersion, QuoteVersion
from contracts.quote_terms import QuoteTerms, Year
from creditops.lib import pdf
from tests import cast

SAM = "sam@vendor.example"
VENDOR = {"name": "Lumen AI", "address": "1 Harbor St", "country": "US"}
OPEN_UNTIL = date(2026, 1, 31)
NOW = cast.START


def price_list(ratio: int = 100, **fields) -> PriceVersion:
    """$1 = 100 credits, and 10 % less from $5,000 on."""
    usual = {
        "currency": "USD", "effective_from": NOW, "by": "Sam", "at": NOW,
        "tiers": [prices.Tier(500_000, "10")],
    }  # fmt: skip
    return prices.publish(credits_per_currency_unit=ratio, **usual | fields)


def terms(**wanted) -> QuoteTerms:
    """100,000 credits for $1,000.00 in 2026."""
    usual = {
        "currency": "USD",
        "starts_on": date(2026, 1, 1),
        "time_zone": "UTC",
        "years": (Year(100_000, 100_000, 100_000),),
    }
    return QuoteTerms(**usual | wanted)


def draft(buyer: Customer | None = None, *, when: datetime = NOW, **wanted) -> QuoteVersion:
    """A draft of Sam's."""
    open_until = wanted.pop("open_until", OPEN_UNTIL)
    buyer = buyer or cast.customer()
    return quotes.draft(buyer, terms(**wanted), open_until=open_until, by=SAM, at=when)


def send(version: QuoteVersion, *, when: datetime = NOW, by: str = SAM, **fields) -> quotes.Sent:
    """Send it."""
    sent = quotes.send(version, by=by, at=when, vendor=VENDOR, **fields)
    version.refresh_from_db()
    return sent


def offered(buyer: Customer | None = None, *, when: datetime = NOW, **wanted) -> QuoteVersion:
    """A version that was sent."""
    version = draft(buyer, when=when, **wanted)
    assert not send(version, when=when).waits
    return version


def accept(version: QuoteVersion, *, when: datetime = NOW, name: str = "Ada"):
    """Ada accepts it."""
    return quote_answers.accept(
        version, name=name, email="ada@acme.example", ip_address="192.0.2.7", at=when
    )


@pytest.fixture
def paper(monkeypatch) -> None:
    """Documents that nobody reads take no second to print."""
    monkeypatch.setattr(pdf, "render", lambda template, context: f"{template}".encode())
