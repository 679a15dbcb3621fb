"""Refunds: a paid note goes back to the payer, the way it came, by two persons where one is not enough."""

import pytest
from django.db import IntegrityError, transaction

from creditops.desk import approving
from creditops.lib import policies
from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from invoicing import credit_notes, documents, payments, refunds
from invoicing.models import Refund
from ledger import holders
from tests import cast, staff

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END
JUNE = cast.at("2026-06-01")


@pytest.fixture
def invoice():
    holder = holders.pay_as_you_go(cast.customer(), START)
    return cast.buy(holder, when=START, pay="invoice", expires_at=END).invoice


def pay(invoice, amount, reference, when=START):
    return payments.record(
        invoice, amount_minor=amount, currency="USD", method="transfer", reference=reference,
        by="Fiona", at=when,
    )  # fmt: skip


def note_of(invoice, credits):
    return credit_notes.credit(
        invoice, credits=credits, by="Fiona", reason="customer leaves", at=JUNE
    )


def allow(amount: str, scope: str = policies.BOOKS) -> None:
    policies.change(
        scope, {"money_alone_up_to": amount}, effective_at=START, recorded_at=START, by="Carla",
        approved_by="Otto",
    )  # fmt: skip


def refused(act, *args, **named) -> str:
    with pytest.raises(Refusal) as refusal:
        act(*args, **named)
    return refusal.value.code


def test_without_a_setting_every_refund_needs_a_second_person(invoice):
    """DESIGN 3.7: 0 is always two."""
    pay(invoice, 1_000, "wire")
    note = note_of(invoice, 400)

    asked = refunds.pay_or_ask(note, by="Fiona", at=JUNE)

    assert isinstance(asked, Approval)
    assert not Refund.objects.exists()
    assert (
        refused(approving.approve, asked.pk, {}, by="Fiona", at=JUNE, reason="") == "approval_own"
    )
    said = approving.approve(asked.pk, {}, by="Carla", at=JUNE, reason="agreed")
    assert said == "4.00 USD of CN-2026-000001 are paid back."
    refund = Refund.objects.get()
    assert (refund.paid_by, refund.approval.decided_by, refund.amount_minor) == (
        "Fiona", "Carla", 400,
    )  # fmt: skip
    assert documents.note_status(documents.note_open_minor(note)) == "PAID"
    assert cast.journal(JUNE)[-1] == "2026-06-01 JE-19 debit 2150 4.00, credit 1000 4.00"


def test_up_to_the_limit_one_is_enough(invoice):
    allow("4")
    pay(invoice, 1_000, "wire")

    refunds.pay_or_ask(note_of(invoice, 400), by="Fiona", at=JUNE)

    refund = Refund.objects.get()
    assert (refund.approval, refund.reference) == (None, "CN-2026-000001:wire")


def test_the_limit_is_that_of_the_role(invoice):
    allow("4", "role:controller")
    pay(invoice, 1_000, "wire")
    controller = staff.person(staff.Role.CONTROLLER).email
    finance = staff.person(staff.Role.FINANCE).email
    first, second = note_of(invoice, 100), note_of(invoice, 100)

    assert isinstance(refunds.pay_or_ask(first, by=finance, at=JUNE), Approval)
    assert isinstance(refunds.pay_or_ask(second, by=controller, at=JUNE), list)


def test_a_note_is_refunded_once(invoice):
    allow("100")
    pay(invoice, 1_000, "wire")
    note = note_of(invoice, 400)
    refunds.pay_or_ask(note, by="Fiona", at=JUNE)

    assert refused(refunds.pay_or_ask, note, by="Fiona", at=JUNE) == "nothing_to_refund"


def test_a_note_of_an_unpaid_invoice_has_nothing_to_refund(invoice):
    assert (
        refused(refunds.pay_or_ask, note_of(invoice, 400), by="F", at=JUNE) == "nothing_to_refund"
    )


def test_it_goes_back_through_the_payments_it_came_by_the_newest_first(invoice):
    allow("100")
    pay(invoice, 300, "first")
    pay(invoice, 700, "second", cast.at("2026-02-01"))

    for credits in (800, 200):
        refunds.pay_or_ask(note_of(invoice, credits), by="Fiona", at=JUNE)

    paid = Refund.objects.order_by("id")
    assert [(refund.payment.reference, refund.amount_minor) for refund in paid] == [
        ("second", 700), ("first", 100), ("first", 200),
    ]  # fmt: skip


def test_what_was_agreed_to_is_what_is_paid(invoice):
    """A request is bound to its amount: paid by another way meanwhile, it can't be carried out."""
    pay(invoice, 1_000, "wire")
    note = note_of(invoice, 400)
    asked = refunds.pay_or_ask(note, by="Fiona", at=JUNE)
    allow_later = cast.at("2026-06-02")
    policies.change(
        policies.BOOKS, {"money_alone_up_to": "100"}, effective_at=allow_later,
        recorded_at=allow_later, by="C", approved_by="O",
    )  # fmt: skip
    refunds.pay_or_ask(note, by="Fiona", at=allow_later)

    code = refused(approving.approve, asked.pk, {}, by="Carla", at=allow_later, reason="")

    assert code == "approval_content_changed"


def test_the_database_refuses_a_refund_without_its_second_person(invoice):
    payment = pay(invoice, 1_000, "wire")
    note = note_of(invoice, 400)

    with pytest.raises(IntegrityError, match="needs a second person"), transaction.atomic():
        Refund.objects.create(
            note=note, payment=payment, amount_minor=1, currency="USD", reference="x",
            paid_at=JUNE, paid_by="Fiona",
        )  # fmt: skip


@pytest.mark.parametrize("change", [{"amount_minor": 401}, {"currency": "EUR"}])
def test_the_database_refuses_a_refund_that_does_not_fit(invoice, change):
    allow("100")
    payment = pay(invoice, 1_000, "wire")
    note = note_of(invoice, 400)
    usual = {"amount_minor": 400, "currency": "USD"}

    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        Refund.objects.create(
            note=note, payment=payment, reference="x", paid_at=JUNE, paid_by="F", **usual | change
        )
