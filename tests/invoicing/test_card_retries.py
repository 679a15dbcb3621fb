"""Subscriptions whose card a gateway decides about later: asked as a row, then gone on with (Q1, Q6)."""

from __future__ import annotations

import pytest

from accounts import customers
from contracts import plans, subscriptions
from contracts.models import PlanCharge, Subscription
from contracts.subscriptions import Agreed
from creditops.lib import outbox
from creditops.lib.models import OutboxMessage
from invoicing import (
    cards,
    documents,
    house_gateway,
    money_on_account,
    plan_charges,
    seller,
    subscribing,
    tax_rates,
)
from invoicing.models import CardCharge, Invoice, Receipt
from tests import cast

pytestmark = pytest.mark.django_db

MAY = cast.at("2026-05-01")


@pytest.fixture
def acme():
    made = cast.customer()
    for code, credits, price in (("starter", 5_000, 5_000), ("growth", 10_000, 9_000)):
        plans.publish(
            code=code, credits=credits, price_minor=price, currency="USD", by="Sam", at=MAY
        )
    return made


def card(acme, token: str, when=MAY) -> None:
    cards.save_test_card(acme, token=token, by="Ada", at=when)


def subscribe(acme, when=MAY) -> Subscription:
    return subscribing.subscribe(acme, plans.find("starter"), Agreed(code="s1"), by="Ada", at=when)


def letters() -> list[str]:
    found = OutboxMessage.objects.filter(kind="invoicing.subscription_letter").order_by("id")
    return [message.payload["headline"] for message in found]


def test_a_card_that_is_asked_first_begins_the_subscription_with_its_payment(acme):
    card(acme, house_gateway.SILENT)

    found = subscribe(acme)
    assert (found.status, Invoice.objects.count()) == ("past_due", 0)
    assert letters() == []

    outbox.relay(MAY)
    cast.run_due(cast.at("2026-05-01 02:00"))

    found = subscriptions.find("s1")
    assert (found.status, found.past_due_since) == ("active", None)
    assert cast.left_of(found.holder, cast.at("2026-05-02")) == 5_000
    assert CardCharge.objects.get().state == "succeeded"


def test_a_no_that_comes_later_is_told_and_leaves_no_invoice(acme):
    card(acme, house_gateway.SILENT_DECLINED)
    subscribe(acme)

    outbox.relay(MAY)
    cast.run_due(cast.at("2026-05-01 02:00"))

    assert subscriptions.find("s1").status == "past_due"
    assert (Invoice.objects.count(), letters()) == (0, ["Your card was declined"])
    assert PlanCharge.objects.get().problem


def test_a_larger_plan_begins_with_its_payment_and_not_without(acme):
    card(acme, house_gateway.WORKS)
    found = subscribe(acme)
    card(acme, house_gateway.SILENT_DECLINED)
    when = cast.at("2026-05-10")

    changed = subscribing.change_plan(found, plans.find("growth"), at=when)
    assert changed.version.plan.code == "starter"
    outbox.relay(when)
    cast.run_due(cast.at("2026-05-10 02:00"))

    found = subscriptions.find("s1")
    assert (found.status, found.version.plan.code) == ("active", "starter")
    assert PlanCharge.objects.get(kind="upgrade").state == "lapsed"


def test_where_the_tax_is_not_known_a_period_waits_and_nothing_else_does(acme):
    """Acme moves to a state that the table does not know: the next period is charged once it does."""
    card(acme, house_gateway.WORKS)
    found = subscribe(acme)
    seller.define(name="Lumen", country="US")
    customers.change(acme, country="US", region="CA")

    cast.run_due(cast.at("2026-06-01"))

    charge = PlanCharge.objects.get(kind="period", state="open")
    assert "no rate for CA, US" in charge.problem
    assert (charge.attempts, Invoice.objects.count(), letters()[1:]) == (
        0,
        1,
        ["Your next period begins soon"],
    )
    used = cast.send("u1", 1, when=cast.at("2026-06-01 10:00"), contract="s1")
    assert used.status == "applied"

    tax_rates.define(country="US", region="CA", rate_pct="0", at=cast.at("2026-06-01 12:00"))
    cast.run_due(cast.at("2026-06-02"))
    assert subscriptions.find(found.code).status == "active"
    assert cast.left_of(found.holder, cast.at("2026-06-03")) == 9_999


def test_nobody_is_suspended_for_a_tax_that_we_have_to_tell(acme):
    """Its card was never asked: it is tried every day, beyond the days after which a decline suspends."""
    card(acme, house_gateway.WORKS)
    found = subscribe(acme)
    seller.define(name="Lumen", country="US")
    customers.change(acme, country="US", region="CA")

    cast.run_due(cast.at("2026-06-20"))

    assert subscriptions.find(found.code).status == "past_due"
    tax_rates.define(country="US", region="CA", rate_pct="0", at=cast.at("2026-06-20 12:00"))
    cast.run_due(cast.at("2026-06-21"))
    assert subscriptions.find(found.code).status == "active"


def test_a_decline_in_the_middle_of_a_run_costs_no_number_and_holds_up_nobody(acme):
    """Three subscriptions renew in one run; the second card is declined."""
    buyers = [acme, cast.customer("beta"), cast.customer("gamma")]
    for number, buyer in enumerate(buyers, start=1):
        card(buyer, house_gateway.WORKS)
        agreed = Agreed(code=f"s{number}")
        subscribing.subscribe(buyer, plans.find("starter"), agreed, by="Ada", at=MAY)
    card(buyers[1], house_gateway.DECLINED)

    cast.run_due(cast.at("2026-06-01"))

    assert [subscriptions.find(f"s{n}").status for n in (1, 2, 3)] == [
        "active",
        "past_due",
        "active",
    ]
    numbers = Invoice.objects.order_by("number").values_list("number", "customer__code")
    assert list(numbers[3:]) == [("INV-2026-000004", "acme"), ("INV-2026-000005", "gamma")]
    assert cast.breaches(cast.at("2026-06-02")) == []


def on_account() -> list[int]:
    return [money_on_account.left_minor(receipt) for receipt in Receipt.objects.order_by("id")]


def test_money_of_a_card_that_crossed_with_a_transfer_stands_on_account(acme):
    card(acme, house_gateway.SILENT)
    subscribe(acme)
    outbox.relay(MAY)
    plan_charges.pay(
        PlanCharge.objects.get(), amount_minor=5_000, currency="USD", reference="wire", by="Fiona",
        at=MAY,
    )  # fmt: skip
    assert (subscriptions.find("s1").status, on_account()) == ("active", [])

    cast.run_due(cast.at("2026-05-01 02:00"))

    assert (CardCharge.objects.get().state, on_account()) == ("succeeded", [5_000])
    assert cast.breaches(cast.at("2026-05-02")) == []


def test_money_of_a_card_that_comes_after_its_period_lapsed_stands_on_account(acme):
    card(acme, house_gateway.SILENT)
    subscribe(acme)
    outbox.relay(MAY)
    plan_charges.lapse(PlanCharge.objects.get(), at=MAY)

    cast.run_due(cast.at("2026-05-01 02:00"))

    assert (Invoice.objects.count(), on_account()) == (0, [5_000])


def test_a_card_is_asked_for_what_is_open_of_grace_use_and_all_that_it_brings_is_kept(acme):
    """2.00 of grace use, of which a transfer pays 0.50 before the card is asked and 1.00 after it."""
    card(acme, house_gateway.WORKS)
    subscribe(acme)
    cast.send("u1", 5_200, when=cast.at("2026-05-28 10:00"), contract="s1")
    card(acme, house_gateway.DECLINED)
    june, second = cast.at("2026-06-01"), cast.at("2026-06-02")
    cast.run_due(june)
    grace = PlanCharge.objects.get(kind="grace")
    transfer(grace, 50, "wire 1", june)
    card(acme, house_gateway.SILENT, june)
    cast.run_due(second)
    asked = CardCharge.objects.get(source=grace.source)
    outbox.relay(second)
    transfer(grace, 100, "wire 2", second)

    cast.run_due(cast.at("2026-06-02 02:00"))

    grace.refresh_from_db()
    assert (asked.amount_minor, grace.state) == (150, "paid")
    assert documents.open_minor(Invoice.objects.get(source=grace.source)) == 0
    assert on_account() == [100]


def transfer(charge: PlanCharge, amount_minor: int, reference: str, when) -> None:
    plan_charges.pay(
        charge, amount_minor=amount_minor, currency="USD", reference=reference, by="Fiona", at=when
    )
