"""News of a gateway: signed, of now, heard once, in any order, about what is ours."""

import itertools
from datetime import timedelta

import pytest
from django.test import Client

from invoicing import cards, charges, documents
from invoicing.models import (
    CardCharge,
    Chargeback,
    Dispute,
    GatewayEvent,
    Payment,
    Receipt,
    SavedCard,
)
from ledger import holders
from tests import cast
from tests.invoicing import gateways, racing
from tests.invoicing.gateways import STATE, event, intent, signed

pytestmark = pytest.mark.django_db

START = cast.START
MONTH = timedelta(days=30)
RACERS = 4


@pytest.fixture
def clock(monkeypatch):
    """The door's clock stands at the start of the story, and is moved by hand."""
    from creditops.lib import clock as watch

    told = {"now": START}
    monkeypatch.setattr(watch, "now", lambda: told["now"])
    return told


@pytest.fixture
def charge(settings, monkeypatch, clock):
    """Of 10.00, known to Stripe and not charged yet; nothing is asked of Stripe itself."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test", gateways.SECRET
    buyer = cast.customer()
    SavedCard.objects.create(
        customer=buyer, gateway="stripe", payer="cus_1", token="pm_1", label="Visa", saved_at=START
    )
    invoice = cast.buy(holders.pay_as_you_go(buyer, START), pay="invoice", when=START).invoice
    made = charges.ask_for(invoice, by="Ada", at=START)
    monkeypatch.setattr(type(cards.in_force()), "prepare", lambda self, order: "pi_1")
    charges.prepare(made.reference, {}, START)
    made.refresh_from_db()
    return made


def send(body: bytes, *, header: str | None = None, when=START):
    given = signed(body, when) if header is None else header
    return Client().post(
        "/api/v1/webhooks/stripe", body, content_type="application/json",
        headers={"Stripe-Signature": given},
    )  # fmt: skip


def succeeded(charge, number="evt_1", **fields) -> bytes:
    return event("payment_intent.succeeded", intent(charge, **fields), number=number, created=START)


def failed(charge, number="evt_2") -> bytes:
    error = {"code": "card_declined", "decline_code": "expired_card", "message": "Expired."}
    thing = intent(charge, "requires_payment_method", last_payment_error=error)
    return event("payment_intent.payment_failed", thing, number=number, created=START)


def test_signed_news_of_a_success_settle_the_invoice(charge):
    answer = send(succeeded(charge))

    assert (answer.status_code, answer.json()) == (200, {"outcome": "done"})
    assert documents.open_minor(charge.invoice) == 0
    assert Payment.objects.get().reference == charge.reference


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "webhook_unsigned"),
        ("t=1,v1=", "webhook_unsigned"),
        ("v1=abc", "webhook_unsigned"),
        ("t=x,v1=abc", "webhook_unsigned"),
        ("t=1,t=2,v1=abc", "webhook_unsigned"),
    ],
)
def test_news_without_the_gateway_s_signature_are_refused(charge, header, code):
    answer = send(succeeded(charge), header=header)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not GatewayEvent.objects.exists()
    assert documents.open_minor(charge.invoice) == 1_000


def test_a_signature_of_another_secret_or_another_body_is_none(charge):
    body = succeeded(charge)
    forged = [signed(body, START, "whsec_other"), signed(body + b" ", START)]

    assert [send(body, header=header).status_code for header in forged] == [400, 400]
    assert not GatewayEvent.objects.exists()


@pytest.mark.parametrize("away", [timedelta(minutes=5, seconds=1), MONTH, -timedelta(minutes=6)])
def test_an_old_signature_is_refused_and_so_is_one_from_the_future(charge, away):
    body = succeeded(charge)

    answer = send(body, when=START - away)

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_old")
    assert documents.open_minor(charge.invoice) == 1_000


def test_an_empty_secret_lets_nobody_in(charge, settings):
    settings.STRIPE_WEBHOOK_SECRET = ""
    body = succeeded(charge)

    assert send(body, header=signed(body, START, " ").replace(" ", "")).status_code == 400


def test_without_a_gateway_nobody_may_tell_news_of_one(db):
    assert send(b"{}", header="t=1,v1=abc").status_code == 400


def test_what_was_heard_is_known_also_when_it_is_signed_anew_a_month_later(charge, clock):
    send(succeeded(charge))
    again = send(succeeded(charge))
    clock["now"] = START + MONTH
    later = send(succeeded(charge), when=START + MONTH)

    assert [again.json(), later.json()] == [{"outcome": "known"}] * 2
    assert (Receipt.objects.count(), GatewayEvent.objects.count()) == (1, 1)


def test_a_failure_told_after_the_success_changes_nothing(charge):
    send(succeeded(charge))
    answer = send(failed(charge))

    assert answer.json() == {"outcome": "ignored"}
    assert CardCharge.objects.get().state == STATE.SUCCEEDED


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_whatever_order_news_come_the_end_is_the_same(charge, order):
    """Failed, in process, succeeded: the charge succeeded."""
    processing = event(
        "payment_intent.processing", intent(charge, "processing"), number="evt_3", created=START
    )
    news = [failed(charge), processing, succeeded(charge)]

    for number in order:
        assert send(news[number]).status_code == 200

    assert CardCharge.objects.get().state == STATE.SUCCEEDED
    assert documents.open_minor(charge.invoice) == 0


@pytest.mark.parametrize(
    "fields",
    [{"id": "pi_other", "metadata": {}}, {"amount": 999}, {"currency": "eur"}],
    ids=["another charge", "another amount", "another currency"],
)
def test_news_about_something_else_are_written_down_and_call_for_somebody(charge, fields):
    answer = send(succeeded(charge, **fields))

    assert (answer.status_code, answer.json()) == (200, {"outcome": "unfit"})
    assert GatewayEvent.objects.get().calls
    assert documents.open_minor(charge.invoice) == 1_000


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"id": 1, "type": "x"}'])
def test_what_is_no_event_is_refused_though_it_is_signed(charge, body):
    header = f"t={int(START.timestamp())},v1=" + _mac(body)

    answer = send(body, header=header)

    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_unreadable")


def _mac(body: bytes) -> str:
    import hmac

    stamp = str(int(START.timestamp())).encode()
    return hmac.new(gateways.SECRET.encode(), stamp + b"." + body, "sha256").hexdigest()


def dispute(charge, kind: str, status: str, number: str, amount=1_000) -> bytes:
    thing = {
        "id": "dp_1", "payment_intent": charge.gateway_id, "amount": amount, "currency": "usd",
        "reason": "fraudulent", "status": status,
    }  # fmt: skip
    return event(f"charge.dispute.{kind}", thing, number=number, created=START)


def test_a_lost_dispute_makes_the_invoice_owed_again(charge):
    """JE-43: as if it had not been paid; collected, credited or written off like any other."""
    send(succeeded(charge))
    send(dispute(charge, "created", "needs_response", "evt_5"))
    assert Dispute.objects.get().state == Dispute.State.OPEN
    assert documents.open_minor(charge.invoice) == 0

    send(dispute(charge, "closed", "lost", "evt_6"))

    assert Dispute.objects.get().state == Dispute.State.LOST
    assert documents.open_minor(charge.invoice) == 1_000
    assert cast.journal(START)[-1] == "2026-01-01 JE-43 debit 1100 10.00, credit 1000 10.00"


def test_a_won_dispute_leaves_the_payment(charge):
    send(succeeded(charge))
    send(dispute(charge, "created", "needs_response", "evt_5"))
    send(dispute(charge, "closed", "won", "evt_6"))

    assert Dispute.objects.get().state == Dispute.State.WON
    assert not Chargeback.objects.exists()


def test_a_dispute_s_end_may_be_told_before_its_beginning_and_twice(charge):
    send(succeeded(charge))
    for number, (kind, status) in enumerate(
        [("closed", "lost"), ("created", "needs_response"), ("closed", "lost")]
    ):
        send(dispute(charge, kind, status, f"evt_{number + 5}"))

    assert (Dispute.objects.get().state, Chargeback.objects.count()) == (Dispute.State.LOST, 1)


@pytest.mark.django_db(transaction=True)
def test_the_same_news_at_once_are_heard_once(charge):
    told = racing.at_once(RACERS, lambda n: send(succeeded(charge)).json())

    assert sorted(said["outcome"] for said in told) == ["done", *["known"] * (RACERS - 1)]
    assert Receipt.objects.count() == 1
