"""Does one contract for a code-completion service, to import a real trace into (docs/real-usage.md).

16,000 credits at $0.01, overage up to 20 %, 1,000 promotional credits that burn first; one credit
per 1,000 tokens of context, five per 1,000 generated.
"""

from __future__ import annotations

from datetime import datetime

from accounts import customers, people
from accounts.models import Membership
from contracts import agreements, free_credits, rate_cards
from contracts.models import Contract
from contracts.rate_cards import Item
from creditops import schedule
from creditops.demo import catalogue
from creditops.demo.people import PASSWORD
from creditops.lib import calendar
from invoicing import seller
from ledger import books, chart, units
from ledger.models import Rate

CUSTOMER = "code-assistant"
METER = "completion"
CREDITS = 16_000
PRICE_MINOR = 16_000
PROMO_CREDITS = 1_000


def sign(at: datetime) -> Contract:
    """Make the catalogue, the customer and its contract, from the first of the month of `at`."""
    current = books.current(at)
    chart.ensure()
    catalogue.sign_the_books(at)
    units.ensure(units.CREDITS, "AI credits")
    if seller.is_unnamed():
        seller.define(name="Lumen AI", legal_name="Lumen AI, Inc.", country="US")
    units.create_meter(
        code=METER,
        name="Code completion",
        properties={"context_tokens": "number", "generated_tokens": "number"},
    )
    rate_cards.publish(
        card="completion",
        name="Code completion",
        version="1",
        items=[
            Item("Context", 1, kind=Rate.Kind.PACK, per=1_000, meter=METER,
                 property="context_tokens", customer_unit="tokens of context"),
            Item("Generation", 5, kind=Rate.Kind.PACK, per=1_000, meter=METER,
                 property="generated_tokens", customer_unit="generated tokens"),
        ],
        effective_from=at,
        by="demo",
        at=at,
    )  # fmt: skip
    customer = customers.create(
        code=CUSTOMER, name="Code Assistant", currency=current.currency, time_zone="UTC", at=at
    )
    people.add_member(
        email="cora@code-assistant.example", name="Cora Context", customer=customer,
        role=Membership.Role.ADMIN, notify_at_percent=50, password=PASSWORD, at=at,
    )  # fmt: skip
    contract = agreements.sign(
        customer,
        agreements.Terms(
            code="completion-2023",
            name="Code completion",
            starts_on=calendar.month_start(calendar.local_date(at, "UTC")),
            credits=CREDITS,
            price_minor=PRICE_MINOR,
            currency=current.currency,
            time_zone="UTC",
            rate_card=rate_cards.find("completion"),
            settings={"enforcement": "SOFT", "overage_pct": "20", "alerts": [50, 80, 95]},
        ),
        by="demo",
        at=at,
    )
    free_credits.give(
        contract.holder,
        kind="promo",
        credits=PROMO_CREDITS,
        source="welcome:completion-2023",
        by="demo",
        reason="welcome credits",
        at=at,
    )
    schedule.run_due(at, now=at)
    return contract
