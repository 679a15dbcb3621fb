"""The Stripe adapter against localstripe, which runs as a process of its own on this machine.

It ignores idempotency keys: what happens once here happens once because of how we ask.
"""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import pytest
import stripe

from creditops.lib.refusals import Refusal
from invoicing.gateway import GatewaySilent, Order
from invoicing.models import CardCharge
from invoicing.stripe_gateway import OF_LOCALSTRIPE, StripeGateway

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).resolve().parents[2] / ".venv" / "clients" / "bin" / "localstripe"
STATE = CardCharge.State
WORKS, DECLINED_LATER, ASKS = "4242424242424242", "4000000000000341", "4000002760003184"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    if not PROGRAM.exists():
        pytest.skip("localstripe is not installed: see requirements-clients.txt")
    port = _free_port()
    started = subprocess.Popen(
        [PROGRAM, "--port", str(port), "--from-scratch"],
        cwd=tmp_path_factory.mktemp("localstripe"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not _listens(port):
        assert started.poll() is None, "localstripe did not start"
        assert time.monotonic() < deadline, "localstripe does not listen"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    started.terminate()
    started.wait(10)


@pytest.fixture
def gateway(address) -> StripeGateway:
    return StripeGateway("sk_test_1", "whsec_1", address, dialect=OF_LOCALSTRIPE)


@pytest.fixture
def ours(address) -> stripe.StripeClient:
    """To do what the customer's browser does, and to count."""
    return stripe.StripeClient("sk_test_1", base_addresses={"api": address}, max_network_retries=0)


def saved(gateway, ours, number: str = WORKS):
    """A card, saved through a SetupIntent that the browser confirmed."""
    begun = gateway.set_up(customer="acme", name="Acme", payer="")
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    ours.v1.setup_intents.confirm(
        begun.setup, params={"payment_method_data": {"type": "card", "card": card}}
    )
    return begun, gateway.saved(begun.setup)


def order(card, reference: str = "pay:INV-2026-000001:1/1") -> Order:
    return Order(reference, card.payer, card.token, 1_000, "USD", "Invoice INV-2026-000001")


def test_a_card_is_saved_by_a_setup_intent(gateway, ours):
    begun = gateway.set_up(customer="acme", name="Acme", payer="")
    assert gateway.saved(begun.setup) is None

    begun, card = saved(gateway, ours)

    assert (card.payer, card.label) == (begun.payer, "Visa ending in 4242")
    assert begun.secret.startswith(begun.setup)


def test_a_second_card_is_of_the_same_payer(gateway, ours):
    begun, _ = saved(gateway, ours)

    assert gateway.set_up(customer="acme", name="Acme", payer=begun.payer).payer == begun.payer


def test_prepared_nothing_is_charged_and_charged_twice_it_is_charged_once(gateway, ours):
    _, card = saved(gateway, ours)

    prepared = gateway.prepare(order(card))
    assert gateway.look(prepared).state == STATE.READY

    assert [gateway.charge(prepared).state for _ in range(3)] == [STATE.SUCCEEDED] * 3
    assert len(list(ours.v1.charges.list(params={"customer": card.payer}))) == 1


def test_a_decline_says_why(gateway, ours):
    _, card = saved(gateway, ours, DECLINED_LATER)

    outcome = gateway.charge(gateway.prepare(order(card)))

    assert (outcome.state, outcome.code) == (STATE.DECLINED, "card_declined")
    assert outcome.said == "Your card was declined."


def test_the_bank_asks_the_holder_who_confirms(gateway, ours, address):
    begun = gateway.set_up(customer="acme", name="Acme", payer="")
    method = ours.v1.payment_methods.create(
        params={
            "type": "card",
            "card": {"number": ASKS, "exp_month": 12, "exp_year": 2040, "cvc": "123"},
        }
    )
    prepared = gateway.prepare(Order("r1", begun.payer, method.id, 1_000, "USD", "x"))

    asked = gateway.charge(prepared)
    assert (asked.state, gateway.look(prepared).state) == (STATE.CONFIRM, STATE.CONFIRM)
    ours.raw_request(
        "post", f"/v1/payment_intents/{prepared}/_authenticate",
        client_secret=asked.secret, success="true",
    )  # fmt: skip

    assert gateway.look(prepared).state == STATE.SUCCEEDED


def test_what_is_given_up_is_not_charged(gateway, ours):
    _, card = saved(gateway, ours)
    prepared = gateway.prepare(order(card))

    assert gateway.give_up(prepared).state == STATE.GIVEN_UP
    assert gateway.charge(prepared).state == STATE.GIVEN_UP


def test_what_succeeded_is_not_given_up(gateway, ours):
    _, card = saved(gateway, ours)
    prepared = gateway.prepare(order(card))
    gateway.charge(prepared)

    assert gateway.give_up(prepared).state == STATE.SUCCEEDED


def test_a_refund_goes_back_once_per_reference(gateway, ours):
    _, card = saved(gateway, ours)
    prepared = gateway.prepare(order(card))
    gateway.charge(prepared)

    for _ in range(2):
        gateway.refund(prepared, reference="CN-1", amount_minor=300, currency="USD")
    gateway.refund(prepared, reference="CN-2", amount_minor=200, currency="USD")

    found = ours.v1.refunds.list(params={"payment_intent": prepared})
    assert sorted(refund.amount for refund in found) == [200, 300]


def test_a_card_that_is_gone_can_not_be_charged(gateway, ours):
    begun, _ = saved(gateway, ours)

    with pytest.raises(Refusal) as refused:
        gateway.prepare(Order("r2", begun.payer, "pm_gone", 1_000, "USD", "x"))

    assert refused.value.code == "card_unfit"


def test_a_gateway_that_is_not_there_is_silent():
    nowhere = StripeGateway("sk_test_1", "whsec_1", f"http://127.0.0.1:{_free_port()}")

    with pytest.raises(GatewaySilent):
        nowhere.look("pi_1")


def test_a_charge_that_nobody_knows_decides_nothing(gateway):
    with pytest.raises(GatewaySilent):
        gateway.look("pi_unknown")


@pytest.mark.parametrize(
    ("minor", "currency", "told"), [(1_230, "KWD", 1_230), (500, "ISK", 50_000), (500, "JPY", 500)]
)
def test_amounts_are_told_as_the_gateway_counts_them(minor, currency, told):
    from invoicing import stripe_gateway

    assert stripe_gateway._theirs(minor, currency) == told
    assert stripe_gateway._ours(told, currency) == minor


def test_an_amount_that_cards_can_not_be_charged_is_refused():
    from invoicing import stripe_gateway

    with pytest.raises(Refusal) as refused:
        stripe_gateway._theirs(1_231, "KWD")

    assert refused.value.code == "card_amount_unfit"
