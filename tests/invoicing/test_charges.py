"""A charge is a row, sent by the outbox, decided once; what nobody knows is asked again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from creditops.lib.refusals import Refusal
from invoicing import charges, documents, money_on_account, payments
from invoicing.gateway import Outcome
from invoicing.models import CardCharge, Payment, Receipt
from ledger import holders
from tests import cast
from tests.invoicing import gateways, racing
from tests.invoicing.gateways import CHARGED, CONFIRM, DECLINED, LOST, SILENCE, STATE

pytestmark = pytest.mark.django_db

START = cast.START
MINUTE = timedelta(minutes=1)
RACERS = 4


@pytest.fixture
def gateway(monkeypatch):
    made = gateways.ScriptedGateway()
    gateways.put_in_force(monkeypatch, made)
    return made


@pytest.fixture
def invoice(gateway):
    """Of 10.00, on terms, of a customer with a card."""
    buyer = cast.customer()
    gateways.with_card(buyer, START)
    return cast.buy(holders.pay_as_you_go(buyer, START), pay="invoice", when=START).invoice


def ask(invoice) -> CardCharge:
    return charges.ask_for(invoice, by="Ada", at=START)


def state(charge: CardCharge) -> str:
    return CardCharge.objects.get(pk=charge.pk).state


def test_nothing_is_asked_of_the_gateway_before_the_row_stands(invoice, gateway):
    charge = ask(invoice)

    assert (charge.state, charge.amount_minor, gateway.orders) == (STATE.WAITING, 1_000, {})

    gateways.relay(START)

    assert (state(charge), gateway.charged) == (STATE.SUCCEEDED, ["pi_1"])
    assert documents.open_minor(invoice) == 0
    assert Payment.objects.get().reference == charge.reference
    assert cast.journal(START)[-1] == "2026-01-01 JE-02 debit 1000 10.00, credit 1100 10.00"


def test_the_gateway_s_id_is_stored_before_money_can_move(invoice, gateway, monkeypatch):
    monkeypatch.setattr(gateway, "charge", lambda gateway_id: pytest.fail("too early"))

    charge = ask(invoice)
    charges.prepare(charge.reference, {}, START)

    charge.refresh_from_db()
    assert (charge.state, charge.gateway_id) == (STATE.READY, "pi_1")


def test_asked_twice_it_is_one_charge(invoice, gateway):
    first, second = ask(invoice), ask(invoice)
    gateways.relay(START)

    assert first == second
    assert gateway.charged == ["pi_1"]
    with pytest.raises(Refusal) as refused:
        ask(invoice)
    assert refused.value.code == "nothing_open"


def test_a_decline_is_a_state_and_the_next_attempt_is_another_charge(invoice, gateway):
    gateway.script = [DECLINED]
    declined = ask(invoice)
    gateways.relay(START)

    again = ask(invoice)
    gateways.relay(START)

    declined.refresh_from_db()
    assert (declined.state, declined.code) == (STATE.DECLINED, "insufficient_funds")
    assert (again.attempt, state(again)) == (2, STATE.SUCCEEDED)
    assert gateway.charged == ["pi_2"]


@pytest.mark.parametrize("told", [LOST, SILENCE], ids=["charged, answer lost", "never arrived"])
def test_an_unknown_outcome_is_asked_again_and_charges_once(invoice, gateway, told):
    gateway.script = [told]
    charge = ask(invoice)
    gateways.relay(START)
    assert state(charge) == STATE.ASKED
    assert documents.open_minor(invoice) == 1_000

    cast.run_due(START + MINUTE)

    assert state(charge) == STATE.SUCCEEDED
    assert gateway.charged == ["pi_1"]
    assert documents.open_minor(invoice) == 0


def test_a_gateway_that_stays_silent_is_asked_less_and_less_often(invoice, gateway):
    gateway.script = [SILENCE] * 4
    charge = ask(invoice)
    gateways.relay(START)

    cast.run_due(START + 6 * MINUTE)
    assert state(charge) == STATE.ASKED

    cast.run_due(START + 16 * MINUTE)
    assert state(charge) == STATE.SUCCEEDED
    assert CardCharge.objects.get().tries == 5


def test_the_bank_asks_the_holder_and_the_customer_is_told(invoice, gateway, mailoutbox):
    cast_people(invoice.customer)
    gateway.script = [CONFIRM]
    charge = ask(invoice)

    gateways.relay(START)

    assert state(charge) == STATE.CONFIRM
    letter = next(mail for mail in mailoutbox if "confirm" in mail.subject)
    assert letter.subject == "Please confirm a payment of 10.00 USD"
    assert "/card/?customer=acme" in letter.body

    charges.decide(charge.reference, CHARGED, at=START)

    assert documents.open_minor(invoice) == 0


def cast_people(customer) -> None:
    from accounts import people
    from accounts.models import Membership

    people.add_member(
        email="ada@acme.example", name="Ada", customer=customer, role=Membership.Role.ADMIN,
        at=START,
    )  # fmt: skip


@pytest.mark.parametrize("late", [DECLINED, CONFIRM, Outcome(STATE.ASKED), Outcome(STATE.GIVEN_UP)])
def test_what_is_told_late_never_undoes_a_success(invoice, gateway, late):
    charge = ask(invoice)
    gateways.relay(START)

    charges.decide(charge.reference, late, at=START + MINUTE)

    assert state(charge) == STATE.SUCCEEDED
    assert documents.open_minor(invoice) == 0


def test_a_success_after_a_decline_counts(invoice, gateway):
    """The holder tried again at the gateway, or the news came in the wrong order."""
    gateway.script = [DECLINED]
    charge = ask(invoice)
    gateways.relay(START)

    charges.decide(charge.reference, CHARGED, at=START)

    assert documents.open_minor(invoice) == 0


def test_the_database_keeps_a_success_whoever_asks(invoice, gateway):
    charge = ask(invoice)
    gateways.relay(START)

    with pytest.raises(IntegrityError, match="can not go from"), transaction.atomic():
        CardCharge.objects.filter(pk=charge.pk).update(state=STATE.DECLINED)


def test_what_was_paid_otherwise_meanwhile_is_not_charged(invoice, gateway):
    charge = ask(invoice)
    by_hand(invoice, "wire 1")

    gateways.relay(START)

    assert (state(charge), gateway.charged) == (STATE.GIVEN_UP, [])


def test_a_prepared_charge_is_taken_back_where_it_was_paid_otherwise(invoice, gateway):
    charge = ask(invoice)
    charges.prepare(charge.reference, {}, START)
    by_hand(invoice, "wire 1")

    charges.send(charge.reference, {}, START)

    assert (state(charge), gateway.charged) == (STATE.GIVEN_UP, [])


def test_money_of_a_charge_that_crossed_with_a_transfer_stands_on_account(invoice, gateway):
    charge = ask(invoice)
    charges.prepare(charge.reference, {}, START)
    by_hand(invoice, "wire 1")

    charges.decide(charge.reference, CHARGED, at=START)

    assert money_on_account.sums(invoice.customer) == {"USD": 1_000}
    assert documents.open_minor(invoice) == 0


def by_hand(invoice, reference: str) -> Payment:
    return payments.record(
        invoice, amount_minor=1_000, currency="USD", method="transfer", reference=reference,
        by="Fiona", at=START,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_success_told_several_times_at_once_is_received_once(invoice, gateway):
    charge = ask(invoice)
    charges.prepare(charge.reference, {}, START)

    told = racing.at_once(RACERS, lambda n: charges.decide(charge.reference, CHARGED, at=START))

    assert [said for said in told if isinstance(said, Exception)] == []
    assert (Receipt.objects.count(), Payment.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_without_the_row_s_lock_the_unique_reference_still_keeps_one(invoice, gateway, monkeypatch):
    """The negative control: all see a charge that is not decided; one receives the money, others fail."""
    charge = ask(invoice)
    charges.prepare(charge.reference, {}, START)
    together, is_late = racing.barrier(RACERS), charges._is_late
    monkeypatch.setattr(CardCharge.objects, "select_for_update", CardCharge.objects.all)
    monkeypatch.setattr(charges, "_is_late", lambda *a: (is_late(*a), together.wait())[0])

    told = racing.at_once(RACERS, lambda n: charges.decide(charge.reference, CHARGED, at=START))

    assert len([said for said in told if isinstance(said, Exception)]) == RACERS - 1
    assert Receipt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_charge_and_a_transfer_at_once_settle_once_and_lose_nothing(invoice, gateway):
    charge = ask(invoice)
    charges.prepare(charge.reference, {}, START)
    acts = [
        lambda: charges.decide(charge.reference, CHARGED, at=START),
        lambda: by_hand(invoice, "wire 1"),
    ]

    racing.at_once(2, lambda n: acts[n]())

    assert documents.open_minor(invoice) == 0
    paid = Payment.objects.get()
    by_transfer = paid.reference == "wire 1"
    assert money_on_account.sums(invoice.customer) == ({"USD": 1_000} if by_transfer else {})
