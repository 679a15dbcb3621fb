"""However many customers there are, a report and a checklist ask the database as often."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import chain

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts import commission_plans, free_credits
from contracts.commission_figures import Share
from contracts.commission_plans import Wanted
from creditops.close import points
from creditops.reports import catalogue
from creditops.reports.frame import Asked
from ledger import exchange
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db

LAST, LATER = date(2026, 9, 30), at("2027-02-01")
# When the first half-years were settled for commission: reports of other months have less to ask.
SETTLED = date(2026, 6, 30)


def customer(number: int, currency: str) -> None:
    """A customer whose contract is renewed: paid and free credits, used, expired, overage; two reps."""
    name = f"{currency.lower()}{number}"
    contract = cast.sign(
        cast.customer(name, currency=currency), code=f"c-{name}", currency=currency, auto_renew=True,
        credits=1_000, price_minor=9_999, term_months=6, commission_plan=commission_plans.find("plan"),
        commission_split=[Share(name, Decimal(60)), Share("ann", Decimal(40))],
    )  # fmt: skip
    cast.run_due(START)
    free_credits.give(
        contract.holder, kind="promo", credits=50, source=f"gift {name}", by="Fiona", reason="test",
        at=at("2026-01-02"), expires_at=at("2026-03-01"),
    )  # fmt: skip
    cast.send(name, 1_150, when=at("2026-01-10"), customer=name, contract=contract.code)


def asked() -> dict[str, int]:
    """Report, however grouped -> how many queries it makes."""
    cast.run_due(LATER)
    cast.journal(LATER)
    found = {}
    for kind in chain.from_iterable(catalogue.SECTIONS.values()):
        for by in kind.groups or [""]:
            with CaptureQueriesContext(connection) as queries:
                kind.make(Asked(LAST.replace(day=1), LAST, LATER, by))
                kind.make(Asked(SETTLED.replace(day=1), SETTLED, LATER, by))
            found[f"{kind.name} {by}"] = len(queries)
    with CaptureQueriesContext(connection) as queries:
        points.of(LAST.replace(day=1), at=LATER)
    return found | {"checklist": len(queries)}


def test_a_report_of_many_customers_asks_as_often_as_one_of_few(db: None):
    exchange.publish(
        from_currency="EUR",
        to_currency="USD",
        rate="1.1",
        effective_from=START,
        by="Fiona",
        at=START,
    )
    commission_plans.publish(
        "plan",
        Wanted(Decimal(10), Decimal(70), cost="STRAIGHT_LINE", months=24),
        by="Sally",
        at=START,
    )
    for currency in ("USD", "EUR"):
        customer(0, currency)
    few = asked()
    for number in range(1, 4):
        for currency in ("USD", "EUR"):
            customer(number, currency)

    assert asked() == few
