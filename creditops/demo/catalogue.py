"""Does the vendor's catalogue: the seller, the price of credits, what actions cost."""

from __future__ import annotations

from datetime import datetime

from contracts import prices, rate_cards
from contracts.models import RateCard
from contracts.rate_cards import Item
from invoicing import seller
from ledger import books, chart, units
from ledger.models import Rate

CARD = "studio"
CREDITS_PER_UNIT = 100


def publish(at: datetime) -> RateCard:
    """Open the books and publish the vendor's prices."""
    current = books.current(at)
    chart.ensure()
    units.ensure(units.CREDITS, "AI credits")
    seller.define(
        name="Lumen AI",
        legal_name="Lumen AI, Inc.",
        address="500 Harbor Street\nSan Francisco, CA 94105",
        country="US",
        email="billing@lumen.example",
        bank_details="First Harbor Bank, account 000123456789, routing 021000021",
        footer="Lumen AI, Inc., a Delaware corporation",
    )
    prices.publish(
        currency=current.currency,
        credits_per_currency_unit=CREDITS_PER_UNIT,
        effective_from=at,
        by="fiona@lumen.example",
        at=at,
    )
    _meters()
    rate_cards.publish(
        card=CARD,
        name="Lumen Studio",
        version="1",
        items=[
            Item("Reading", 1, kind=Rate.Kind.PACK, per=1_000, meter="chat",
                 property="input_tokens", customer_unit="tokens read"),
            Item("Writing", 5, kind=Rate.Kind.PACK, per=1_000, meter="chat",
                 property="output_tokens", customer_unit="tokens written"),
            Item("Image", 12, meter="image", customer_unit="images"),
            Item("Research question", 25, meter="research", customer_unit="answered questions"),
            Item("Lead found", 1, meter="lead", customer_unit="leads"),
        ],
        effective_from=at,
        by="fiona@lumen.example",
        at=at,
    )  # fmt: skip
    return rate_cards.find(CARD)


def _meters() -> None:
    """What the product reports; chats have two priced properties: what was read and written."""
    units.create_meter(
        code="chat",
        name="Chat",
        properties={"input_tokens": "number", "output_tokens": "number", "model": "text"},
    )
    for code, name in (("image", "Images"), ("research", "Research"), ("lead", "Leads found")):
        units.create_meter(code=code, name=name)
