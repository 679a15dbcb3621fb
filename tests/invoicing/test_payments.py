"""Money for an invoice: once by its reference, never more than is open (I14, V3, JE-02)."""

import pytest

from creditops.lib import locks
from creditops.lib.refusals import Refusal
from invoicing import documents, issuing, payments
from invoicing.models import Invoice, Payment
from ledger import holders
from ledger.models import JournalEntry
from tests import cast, damage
from tests.invoicing import racing

pytestmark = pytest.mark.django_db

START, FEBRUARY = cast.START, cast.at("2026-02-03")
RACERS = 4


@pytest.fixture
def invoice():
    """Of 10.00, on terms: 1100 / 2100 are posted."""
    holder = holders.pay_as_you_go(cast.customer(), START)
    return cast.buy(holder, pay="invoice", when=START).invoice


def pay(invoice: Invoice, amount_minor: int, reference="wire 1", **fields) -> Payment:
    usual = {"currency": "USD", "method": "transfer", "by": "Fiona", "at": FEBRUARY}
    return payments.record(
        invoice, amount_minor=amount_minor, reference=reference, **usual | fields
    )


def test_a_payment_settles_the_receivable_on_its_day(invoice):
    """A02, JE-02."""
    payment = pay(invoice, 1_000)

    assert (payment.paid_at, payment.recorded_by) == (FEBRUARY, "Fiona")
    assert documents.open_minor(invoice) == 0
    assert cast.journal(FEBRUARY) == [
        "2026-01-01 JE-02 debit 1100 10.00, credit 2100 10.00",
        "2026-02-03 JE-02 debit 1000 10.00, credit 1100 10.00",
    ]


def test_parts_settle_it_bit_by_bit(invoice):
    pay(invoice, 300)
    pay(invoice, 699, "wire 2")
    assert documents.open_minor(invoice) == 1

    pay(invoice, 1, "wire 3")

    assert documents.open_minor(invoice) == 0
    paid = [line for line in cast.journal(FEBRUARY) if "debit 1000" in line]
    assert paid == [
        "2026-02-03 JE-02 debit 1000 3.00, credit 1100 3.00",
        "2026-02-03 JE-02 debit 1000 6.99, credit 1100 6.99",
        "2026-02-03 JE-02 debit 1000 0.01, credit 1100 0.01",
    ]


@pytest.mark.parametrize(
    ("amount_minor", "fields", "code"),
    [
        (0, {}, "payment_not_positive"),
        (-1, {}, "payment_not_positive"),
        (601, {}, "payment_above_open"),
        (600, {"currency": "EUR"}, "payment_currency"),
        (1, {"reference": "known"}, "payment_known"),
        (600, {"reference": "known"}, "payment_known"),
        (601, {"reference": "known"}, "payment_known"),
    ],
)
def test_a_payment_that_cannot_be_meant_is_refused_and_nothing_is_written(
    invoice, amount_minor, fields, code
):
    """400 of 1,000 are paid already, as "known". What is too much is left with the one who asks."""
    pay(invoice, 400, "known")

    with pytest.raises(Refusal) as refused:
        pay(invoice, amount_minor, **fields)

    assert refused.value.code == code
    assert Payment.objects.count() == 1
    assert JournalEntry.objects.count() == 2
    assert documents.open_minor(invoice) == 600


def test_the_same_payment_told_again_is_known_though_nothing_is_open_any_more(invoice):
    pay(invoice, 1_000)

    with pytest.raises(Refusal) as refused:
        pay(invoice, 1_000)

    assert refused.value.code == "payment_known"


def test_a_reference_is_known_whichever_invoice_it_paid(invoice):
    pay(invoice, 1_000)
    other = cast.buy(invoice.holder, pay="invoice", source="o2", when=START).invoice

    with pytest.raises(Refusal) as refused:
        pay(other, 1_000)

    assert refused.value.code == "payment_known"
    assert documents.open_minor(other) == 1_000


def test_the_first_payment_makes_a_cancellable_contract_s_invoice_a_receivable():
    """V3, A02 variant 2: nothing before it, then 1000 / 2100 net on its day."""
    cast.sign(cancellable=True)
    cast.run_due(START)
    invoice = Invoice.objects.get()
    assert not issuing.is_receivable(invoice)

    pay(invoice, 100_000)

    assert cast.journal(FEBRUARY) == [
        "2026-02-03 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-02-03 JE-02 debit 1000 1000.00, credit 1100 1000.00",
    ]


def test_a_payment_before_the_due_date_does_not_let_the_receivable_post_twice():
    """V3: the earliest of payment, due date and start; the due work finds it posted."""
    invoice = _paid_ahead()

    cast.run_due(cast.at("2026-12-01"))

    posted = JournalEntry.objects.filter(source=f"invoice:{invoice.number}:receivable")
    assert posted.get().posting_date.isoformat() == "2026-02-03"


def _paid_ahead() -> Invoice:
    cast.sign(starts_on=cast.at("2026-06-01").date(), due_on=cast.at("2026-03-01").date())
    cast.run_due(START)
    invoice = Invoice.objects.get()
    pay(invoice, 100_000)
    return invoice


def all_at_once(invoice: Invoice, reference) -> list:
    """In the month of the invoice: its row is there, so nobody waits for whoever makes it."""
    return racing.at_once(RACERS, lambda number: pay(invoice, 1_000, reference(number), at=START))


def codes(told: list) -> list[str]:
    """ "recorded", the code of a refusal, or whatever else went wrong, in order."""
    return sorted(
        "recorded" if isinstance(said, Payment) else getattr(said, "code", repr(said))
        for said in told
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("reference", "refusal"),
    [(lambda _: "wire 1", "payment_known"), (lambda n: f"wire {n}", "payment_above_open")],
    ids=["the same payment", "different payments"],
)
def test_of_payments_at_once_one_is_recorded(invoice, reference, refusal):
    told = all_at_once(invoice, reference)

    assert codes(told) == [refusal] * (RACERS - 1) + ["recorded"]
    assert Payment.objects.count() == 1


@pytest.fixture
def all_look_before_one_writes(monkeypatch):
    """Nobody waits for the invoice's name, and all see the same open amount."""
    together = racing.barrier(RACERS)
    open_minor = documents.open_minor

    def answer_together(asked):
        known = open_minor(asked)
        together.wait()
        return known

    monkeypatch.setattr(locks, "hold", lambda name: None)
    monkeypatch.setattr(documents, "open_minor", answer_together)


@pytest.mark.django_db(transaction=True)
def test_where_all_look_before_one_writes_the_database_decides(invoice, monkeypatch):
    """Whoever writes takes the same lock in a trigger, and looks again."""
    monkeypatch.setattr(locks, "hold", lambda name: None)
    monkeypatch.setattr(documents, "open_minor", lambda asked: 1_000)

    told = all_at_once(invoice, lambda number: f"wire {number}")
    monkeypatch.undo()

    assert codes(told) == ["payment_above_open"] * (RACERS - 1) + ["recorded"]
    assert Payment.objects.count() == 1


@damage.test
def test_without_any_lock_all_would_be_recorded_and_verify_would_say_so(
    invoice, all_look_before_one_writes, monkeypatch, damaged_books
):
    """The negative control."""
    damage.plant("DROP TRIGGER invoicing_payment_fits ON invoicing_payment")

    told = all_at_once(invoice, lambda number: f"wire {number}")
    monkeypatch.undo()

    assert codes(told) == ["recorded"] * RACERS
    assert [(b.check, b.detail) for b in cast.breaches(FEBRUARY)] == [
        ("invoices_are_not_overpaid", "4000 paid of 1000 (minor units)"),
        (
            "receivables_are_what_is_open",
            "0 of its invoices are open, its receivables are -3000 (minor units of USD)",
        ),
    ]
