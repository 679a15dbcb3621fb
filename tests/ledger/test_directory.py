"""What a batch names is read once, with as many statements for many as for one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts import customers
from ledger import columns, directory, tariffs, units
from ledger.directory import Directory
from ledger.messages import Message
from ledger.tariffs import Price
from tests.cast import END, START, contract_pool, customer, open_pool, unit, usage

pytestmark = pytest.mark.django_db

NOW = START + timedelta(days=1)


def known(*batch: Message) -> Directory:
    return directory.of(columns.of(batch))


def card(name: str) -> None:
    meter = units.ensure_meter("call")
    price = Price(
        item="call", kind="fixed", meter=meter, property="", match={}, unit=unit(), credits=3
    )
    tariffs.publish(name=name, version="1", prices=[price], effective_from=START, at=START)


def test_it_knows_who_pays_for_how_long_from_which_pool_and_by_which_card():
    holder, pool, _ = contract_pool(customer(), commitment=1_000, price_minor=10_000)
    card("std")
    tariffs.assign(holder, name="std", starts_at=START, source="test")

    found = known(usage("a", 1, meter="call"))

    [held] = found.by_customer()[holder.customer_id]
    assert (held.key.code, held.terms, held.pools) == ("c1", ((START, END),), {unit().id: pool.id})
    tariff = found.book.tariff(holder.id, NOW)
    assert tariff is not None
    assert tariff.name == "std"
    assert list(found.meters) == ["call"]


def test_a_customer_stands_with_the_root_that_pays():
    parent = customer("parent")
    child = customers.create(
        code="child", name="Child", currency="USD", time_zone="UTC", at=START, parent=parent
    )
    open_pool(parent)

    found = known(usage("a", 1, customer="child"))

    assert found.customers == {"child": (child.id, parent.id)}
    assert [held.key.customer_id for held in found.holders] == [parent.id]


def test_an_account_is_a_contract_where_there_is_such_a_contract_and_else_a_customer():
    contract_pool(customer(), commitment=1_000, price_minor=10_000)
    open_pool(customer("otto"))

    found = known(
        usage("a", 1, customer="", account="c1"), usage("b", 1, customer="", account="otto")
    )

    assert found.contracts == {"c1"}
    assert set(found.customers) == {"otto"}
    assert {held.key.code for held in found.holders if held.key.kind != "open"} == {"c1"}


def test_what_nobody_knows_is_not_there():
    found = known(usage("a", 1, customer="nobody", meter="nothing", contract="none"))

    assert (found.customers, found.meters, list(found.holders)) == ({}, {}, [])


def test_many_customers_cost_as_many_statements_as_one(sent_beside, django_assert_num_queries):
    for n in range(20):
        open_pool(customer(f"c{n}"))

    def cost(*batch: Message) -> int:
        sent_beside.clear()
        with django_assert_num_queries(1):
            known(*batch)
        return len(sent_beside)

    # Customers, holders, their choices; and through Django the meters, since no card prices anybody.
    assert cost(usage("a", 1, customer="c0")) == 3
    assert cost(*(usage(f"b{n}", 1, customer=f"c{n}") for n in range(20))) == 3
