"""Saved cards, charged through the house's own gateway; what declines leaves nothing behind."""

import pytest

from creditops.lib.models import AuditValue
from creditops.lib.refusals import Refusal
from invoicing import cards, documents
from invoicing.models import Invoice, NumberSeries, Payment, SavedCard
from ledger import holders
from ledger.models import Block, JournalEntry
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder():
    return holders.pay_as_you_go(cast.customer(), cast.START)


def test_a_card_on_file_is_charged_for_the_whole_invoice_in_the_same_instant(holder):
    """Q1, JE-01: receivable and payment on one day leave cash and deferred revenue."""
    cards.save(holder.customer, at=cast.START)

    invoice = cast.buy(holder, when=cast.START).invoice

    payment = Payment.objects.get()
    assert (payment.method, payment.amount_minor) == ("card", 1_000)
    assert payment.reference == "card:INV-2026-000001"
    assert invoice.prepaid_minor == 1_000
    assert documents.open_minor(invoice) == 0
    assert cast.journal(cast.START) == [
        "2026-01-01 JE-02 debit 1100 10.00, credit 2100 10.00",
        "2026-01-01 JE-02 debit 1000 10.00, credit 1100 10.00",
    ]


def test_a_declined_card_buys_nothing_takes_no_number_and_posts_nothing(holder):
    """Q6: no grant, no receivable; the number is free for the next document (I2)."""
    cards.save(holder.customer, works=False, at=cast.START)

    with pytest.raises(Refusal) as refused:
        cast.buy(holder, when=cast.START)

    assert refused.value.code == "card_declined"
    assert "ending in 0002" in refused.value.detail
    for model in (Invoice, Payment, Block, JournalEntry, NumberSeries):
        assert not model.objects.exists()

    cards.save(holder.customer, works=True, at=cast.START)
    assert cast.buy(holder, when=cast.START).invoice.number == "INV-2026-000001"


def test_the_same_invoice_is_charged_under_the_same_reference(holder):
    """A repetition after a lost answer charges once: the gateway knows the reference."""
    invoice = cast.buy(holder, pay="invoice", when=cast.START).invoice

    assert cards.charge(invoice, at=cast.START) == cards.charge(invoice, at=cast.END)


def test_a_customer_has_one_card_the_last_one_saved(holder):
    cards.save(holder.customer, works=False, at=cast.START)
    saved = cards.save(holder.customer, works=True, at=cast.END)

    assert SavedCard.objects.get() == saved
    assert (saved.label, saved.saved_at) == ("Test card ending in 4242", cast.END)


def test_the_audit_names_the_token_but_never_copies_it(holder):
    saved = cards.save(holder.customer, works=False, at=cast.START)

    values = AuditValue.objects.filter(entry__table_name=SavedCard._meta.db_table).get()
    assert saved.token == "declined"
    assert "token" in values.entry.fields
    assert "token" not in values.after
