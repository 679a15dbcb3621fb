"""Does the vendor's catalogue: the seller, the price of credits, what actions cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from contracts import action_values, packs, plans, prices, rate_cards
from contracts.models import RateCard
from contracts.rate_cards import Item
from creditops.lib import policies
from invoicing import seller, tax_rates
from ledger import books, chart, model_costs, signing, units
from ledger.models import Rate
from ledger.price_files import Price

CARD = "studio"
CREDITS_PER_UNIT = 100
# What a credit costs on its own, which decides how credits added to a running term count.
SSP_PER_CREDIT = "0.01"
# Code, name, credits and price in minor units of what is bought without a quote.
PACKS = (
    ("small", "Small pack", 5_000, 5_000),
    ("medium", "Medium pack", 25_000, 24_000),
    ("large", "Large pack", 100_000, 92_000),
)

# The same of a month's plan.
PLANS = (
    ("starter", "Starter", 5_000, 4_500),
    ("growth", "Growth", 20_000, 17_000),
    ("scale", "Scale", 60_000, 48_000),
)

# What the pricing workbench knows: name, meter, what one costs and is worth, what customers count, its place
# on the value chain. An image costs what its usage cost lately; videos have no price yet.
ACTIONS = (
    ("Image", "image", "", "0.90", "images", "horizontal"),
    ("Research question", "research", "0.0600", "4.00", "answered questions", "vertical"),
    ("Lead found", "lead", "0.0020", "0.35", "leads", "vertical"),
    ("Video", "", "0.4500", "2.50", "videos", "horizontal"),
)

# What the vendor's own models are made of, as LiteLLM's price file had it in November 2026.
PROVIDERS = [
    Price("anthropic", "claude-sonnet-4-5", "input_cost_per_token", Decimal("0.000003")),
    Price("anthropic", "claude-sonnet-4-5", "output_cost_per_token", Decimal("0.000015")),
    Price("openai", "gpt-4o-mini", "input_cost_per_token", Decimal("0.00000015")),
    Price("openai", "gpt-4o-mini", "output_cost_per_token", Decimal("0.0000006")),
    Price("openai", "1024-x-1024/gpt-image-1.5", "input_cost_per_image", Decimal("0.009")),
]


def publish(at: datetime) -> RateCard:
    """Open the books and publish the vendor's prices."""
    current = books.current(at)
    chart.ensure()
    sign_the_books(at)
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
    tax_rates.define(
        country="US", rate_pct="0", source="made up: it has to collect in no state", at=at
    )
    prices.publish(
        currency=current.currency,
        credits_per_currency_unit=CREDITS_PER_UNIT,
        effective_from=at,
        by="fiona@lumen.example",
        at=at,
        tiers=[
            prices.Tier(500_000),
            prices.Tier(1_000_000, "5"),
            prices.Tier(5_000_000, "10"),
        ],
    )
    for code, name, credits, price_minor in PACKS:
        packs.publish(
            code=code,
            name=name,
            credits=credits,
            price_minor=price_minor,
            currency=current.currency,
            effective_from=at,
            by="fiona@lumen.example",
            at=at,
        )
    _meters(at)
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
    _plans(at)
    for name, meter, cost, worth, customer_unit, position in ACTIONS:
        action_values.describe(
            name=name, meter=meter, cost=cost, worth=worth, customer_unit=customer_unit,
            position=position,
        )  # fmt: skip
    return rate_cards.find(CARD)


def _plans(at: datetime) -> None:
    """What small customers subscribe to by themselves, in the portal."""
    for code, name, credits, price_minor in PLANS:
        plans.publish(
            code=code,
            name=name,
            credits=credits,
            price_minor=price_minor,
            currency=books.current(at).currency,
            rate_card=rate_cards.find(CARD),
            by="fiona@lumen.example",
            at=at,
        )


def sign_the_books(at: datetime) -> None:
    """Have the controller and the auditor sign how revenue is recognised, before the first entry."""
    if signing.signature(at) is not None:
        return
    signed = {
        "names": ["Fiona Ledger", "Augusta Reed"],
        "date": at.date().isoformat(),
        "document": "Revenue recognition of prepaid credits, version 1",
    }
    policies.change(
        policies.BOOKS, {signing.SETTING: signed, "ssp_per_credit": SSP_PER_CREDIT},
        effective_at=at, recorded_at=at,
        by="fiona@lumen.example", approved_by="fiona@lumen.example, augusta@lumen.example",
    )  # fmt: skip


def _meters(at: datetime) -> None:
    """What the product reports; chats have two priced properties: what was read and written."""
    chat = units.create_meter(
        code="chat",
        name="Chat",
        properties={"input_tokens": "number", "output_tokens": "number", "model": "text"},
    )
    meters = {"chat": chat}
    for code, name in (("image", "Images"), ("research", "Research"), ("lead", "Leads found")):
        meters[code] = units.create_meter(code=code, name=name)
    model_costs.take_in(PROVIDERS, effective_from=at, by="demo", at=at)
    model_costs.map_meter(
        meters["chat"],
        measures={"input_tokens": "input_cost_per_token", "output_tokens": "output_cost_per_token"},
        model_property="model",
        aliases={"lumen-2": "claude-sonnet-4-5", "lumen-2-mini": "gpt-4o-mini"},
    )
    model_costs.map_meter(
        meters["image"], measures={"": "input_cost_per_image"}, model="1024-x-1024/gpt-image-1.5"
    )
