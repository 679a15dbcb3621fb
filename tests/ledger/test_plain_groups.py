"""Who pays for plain usage and what it costs, told per customer and meter: as each event alone would be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger import columns, directory, plain_usage, resolving, tariffs, units
from ledger.messages import Message
from ledger.models import Pool
from ledger.plain_usage import Plain
from ledger.tariffs import Price
from tests.cast import START, customer, open_pool, unit, usage

pytestmark = pytest.mark.django_db

NOW = START + timedelta(days=40)


@pytest.fixture
def pool() -> Pool:
    """Of a customer whose card has a call at 3 credits, and words at 5 for a thousand."""
    pool = open_pool(customer())
    prices = [
        price("call", "fixed", 3),
        price("words", "pack", 5, per=1_000),
    ]
    tariffs.publish(name="std", version="1", prices=prices, effective_from=START, at=START)
    tariffs.assign(pool.holder, name="std", starts_at=START, source="test")
    return pool


def price(item: str, kind: str, credits: int, per: int = 1) -> Price:
    meter = units.ensure_meter(item)
    return Price(
        item=item, kind=kind, meter=meter, property="", match={}, unit=unit(), credits=credits,
        per=per,
    )  # fmt: skip


def plain(*batch: Message) -> Plain:
    sent = columns.of(batch)
    return plain_usage.find(sent, directory.of(sent), NOW, {})


def test_events_of_one_customer_on_one_meter_are_a_group(pool):
    found = plain(usage("a", 2, meter="call"), usage("b", 4, meter="call"), usage("c", 7))

    assert found.groups.pools == [(pool.customer_id, pool.id)]
    assert len(found.groups.pool) == 2
    assert found.credits.tolist() == [6, 12, 7]
    assert set(found.groups.holder_ids().tolist()) == {pool.holder_id}


def test_what_has_no_fixed_price_in_whole_credits_is_in_no_group(pool):
    found = plain(usage("a", 2, meter="words"), usage("b", 1, meter="nothing"), usage("c", 1))

    assert found.index.tolist() == [2]


def test_nor_is_what_nobody_pays_for(pool):
    found = plain(usage("a", 2, customer="nobody"), usage("b", 2, meter="call"))

    assert found.index.tolist() == [1]


def test_what_names_a_contract_is_looked_at_alone_even_if_the_name_is_empty(pool):
    found = plain(usage("a", 2, contract=""), usage("b", 2, account=""), usage("c", 2))

    assert found.index.tolist() == [2]


def test_looked_at_one_by_one_they_are_what_each_alone_would_be(pool):
    batch = [usage("a", 2, meter="call", user="ann"), usage("b", 9)]
    found = plain(*batch)
    every = found.index >= 0

    alone = [resolving.resolve_one(message, NOW, waiting={}) for message in batch]

    assert [(e.holder, e.meter, e.tariff_id, e.charges) for e in found.events(every)] == [
        (e.holder, e.meter, e.tariff_id, e.charges) for e in alone
    ]
