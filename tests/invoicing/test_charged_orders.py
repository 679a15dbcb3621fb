"""A purchase by a card that a gateway has to charge first: nothing before its money, once with it."""

from datetime import timedelta

import pytest

from contracts import prices
from creditops.lib.refusals import Refusal
from invoicing import cards as on_file
from invoicing import charged_orders, house_gateway, money_on_account, purchases
from invoicing.models import CardCharge, Invoice
from ledger import holders
from ledger.models import Block
from tests import cast
from tests.invoicing import gateways
from tests.invoicing.gateways import DECLINED

pytestmark = pytest.mark.django_db

START = cast.START
LATER = START + timedelta(minutes=5)


@pytest.fixture
def gateway(monkeypatch):
    made = gateways.ScriptedGateway()
    gateways.put_in_force(monkeypatch, made)
    return made


@pytest.fixture
def holder(gateway):
    buyer = cast.customer()
    gateways.with_card(buyer, START)
    return holders.pay_as_you_go(buyer, START)


def order(holder, **fields) -> purchases.Order:
    usual = {
        "credits": 1_000, "price_minor": 1_000, "currency": "USD", "pay": "card", "source": "o1",
    }  # fmt: skip
    return purchases.Order(holder=holder, **usual | fields)


def buy(holder, **fields):
    return charged_orders.buy(order(holder, **fields), by="Ada", at=START)


def test_nothing_is_sold_before_the_card_is_charged_not_even_a_number(holder, gateway):
    charge = buy(holder)

    assert (charge.amount_minor, charge.what) == (1_000, "1,000 credits")
    assert not Invoice.objects.exists()
    assert not Block.objects.exists()


def test_with_the_money_come_credits_and_a_paid_invoice_once(holder, gateway):
    charge = buy(holder)
    again = buy(holder)
    gateways.relay(START)
    cast.run_due(LATER)
    cast.run_due(LATER)

    invoice = Invoice.objects.get()
    assert (again, gateway.charged) == (charge, ["pi_1"])
    assert (invoice.number, invoice.payments.get().reference) == (
        "INV-2026-000001",
        charge.reference,
    )
    assert Block.objects.get().granted == 1_000


def test_a_declined_card_buys_nothing_and_takes_no_number(holder, gateway):
    gateway.script = [DECLINED]
    buy(holder)
    gateways.relay(START)
    cast.run_due(LATER)

    assert not Invoice.objects.exists()
    assert CardCharge.objects.get().state == CardCharge.State.DECLINED


def test_what_can_not_be_bought_any_more_leaves_its_money_on_account(holder, gateway):
    prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=START, by="Sam", at=START
    )
    buy(holder, credits=None)
    gateways.relay(START)
    CardCharge.objects.update(what="paid")
    refused = Refusal("no_running_term", "The term is over.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(purchases, "buy", _raises(refused))
        cast.run_due(LATER)

    assert money_on_account.sums(holder.customer) == {"USD": 1_000}
    assert not Invoice.objects.exists()


def _raises(refusal: Refusal):
    def act(*args, **fields):
        raise refusal

    return act


def test_an_order_is_read_as_it_was_written(holder):
    asked = order(
        holder, validity={"rule": "ANNIVERSARY", "months": 2}, expires_at=cast.END,
        due_on=START.date(), bonus_credits=5, bonus_expires_at=cast.END,
    )  # fmt: skip

    assert charged_orders._read(charged_orders._written(asked)) == asked


def test_a_customer_without_a_card_is_asked_for_one(gateway):
    holder = holders.pay_as_you_go(cast.customer(), START)

    with pytest.raises(Refusal) as refused:
        buy(holder)

    assert refused.value.code == "card_missing"


@pytest.mark.parametrize("token", sorted(house_gateway.CARDS))
def test_every_test_card_of_the_house_ends_somewhere(token):
    """Without a gateway: cards whose answer is lost, late or asks for the holder are charged as rows."""
    buyer = cast.customer()
    on_file.save_test_card(buyer, token=token, by="Ada", at=START)
    holder = holders.pay_as_you_go(buyer, START)

    told = _told(holder)
    gateways.relay(START)
    cast.run_due(LATER)

    ends = {
        "works": ("bought", 1), "declined": ("card_declined", 0), "confirm": ("confirm", 0),
        "silent": ("succeeded", 1), "silent_declined": ("declined", 0), "slow": ("succeeded", 1),
    }  # fmt: skip
    states = list(CardCharge.objects.values_list("state", flat=True))
    assert ((states or [told])[0], Invoice.objects.count()) == ends[token]


def _told(holder) -> str:
    try:
        charged_orders.buy(order(holder), by="Ada", at=START)
    except Refusal as refusal:
        return refusal.code
    return "bought"
