"""The card's page: agreed to, saved, charged, confirmed, removed; by its own people only."""

import pytest

from creditops.lib import outbox
from invoicing import cards, charges, documents
from invoicing.models import CardCharge, SavedCard
from tests.portal import conftest as portal
from tests.portal.conftest import NOW

STATE = CardCharge.State
CARD = "/card/"


@pytest.fixture
def ada(acme):
    """The browser of Acme's administrator."""
    return portal.as_(portal.member(acme.customer, "ada"))


@pytest.fixture
def stranger(otto):
    """The browser of another customer's administrator."""
    return portal.as_(otto)


def save(browser, token: str = "works", **fields):
    return browser.post(CARD, {"act": "test-card", "token": token, "agreed": "yes"} | fields)


def said(browser) -> str:
    return browser.get(CARD).content.decode()


def test_a_card_is_kept_with_who_agreed(acme, ada):
    save(ada)

    card = SavedCard.objects.get()
    assert (card.token, card.consented_by) == ("works", "ada@acme.example")
    assert "Test card ending in 4242" in said(ada)


def test_without_agreement_no_card_is_kept(acme, ada):
    save(ada, agreed="")

    assert not SavedCard.objects.exists()
    assert "Agree to later charges first" in said(ada)


def test_an_open_invoice_is_paid_by_card(acme, ada):
    save(ada)
    ada.post(CARD, {"act": "pay", "invoice": acme.invoice.number})
    outbox.relay(NOW)

    assert documents.open_minor(acme.invoice) == 0
    assert CardCharge.objects.get().asked_by == "ada@acme.example"


@pytest.mark.parametrize(("agrees", "state"), [("yes", STATE.SUCCEEDED), ("no", STATE.DECLINED)])
def test_a_payment_that_the_bank_asks_about_waits_for_its_holder(acme, ada, agrees, state):
    save(ada, "confirm")
    ada.post(CARD, {"act": "pay", "invoice": acme.invoice.number})
    outbox.relay(NOW)
    charge = CardCharge.objects.get()
    assert charge.state == STATE.CONFIRM
    assert "Confirm this payment" in said(ada)

    ada.post(CARD, {"act": "confirm", "charge": charge.reference, "agrees": agrees})

    charge.refresh_from_db()
    assert charge.state == state
    assert (documents.open_minor(acme.invoice) == 0) is (state == STATE.SUCCEEDED)


def test_a_card_is_removed_at_once(acme, ada):
    save(ada)
    ada.post(CARD, {"act": "remove"})

    assert cards.on_file(acme.customer) is None


def test_otto_neither_sees_nor_pays_nor_confirms_what_is_acme_s(acme, ada, stranger):
    save(ada, "confirm")
    ada.post(CARD, {"act": "pay", "invoice": acme.invoice.number})
    outbox.relay(NOW)
    charge = CardCharge.objects.get()

    answers = [
        stranger.get(f"{CARD}?customer=acme"),
        stranger.post(CARD, {"act": "pay", "invoice": acme.invoice.number}),
        stranger.post(CARD, {"act": "confirm", "charge": charge.reference, "agrees": "yes"}),
        stranger.post(CARD, {"act": "nothing"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    charge.refresh_from_db()
    assert charge.state == STATE.CONFIRM


def test_the_gateway_s_form_is_the_one_page_with_a_foreign_script(acme, ada, settings, monkeypatch):
    """And it says so in its policy; every other page stays strict."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY = "sk_test", "pk_test"
    from invoicing.gateway import SetUp

    begun = SetUp("cus_1", "seti_1", "seti_1_secret")
    monkeypatch.setattr(type(cards.in_force()), "set_up", lambda self, **_: begun)

    page = ada.post(CARD, {"act": "begin", "agreed": "yes"})

    assert 'data-secret="seti_1_secret"' in page.content.decode()
    assert "script-src 'self' https://js.stripe.com;" in page["Content-Security-Policy"]
    assert "stripe" not in ada.get(CARD)["Content-Security-Policy"]


def test_another_customer_s_set_up_saves_no_card(acme, ada, settings, monkeypatch):
    settings.STRIPE_SECRET_KEY = "sk_test"
    from invoicing.gateway import Saved

    theirs = Saved("cus_other", "pm_other", "Visa ending in 4242")
    monkeypatch.setattr(type(cards.in_force()), "saved", lambda self, setup: theirs)

    ada.post(CARD, {"act": "finish", "setup": "seti_other"})

    assert not SavedCard.objects.exists()
    assert "No card was saved" in said(ada)


def test_a_charge_that_waits_for_nobody_is_not_confirmed(acme, ada):
    save(ada)
    charge = charges.ask_for(acme.invoice, by="Ada", at=NOW)

    ada.post(CARD, {"act": "confirm", "charge": charge.reference, "agrees": "yes"})

    charge.refresh_from_db()
    assert charge.state == STATE.WAITING
