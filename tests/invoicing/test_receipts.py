"""Money that arrives is placed: as stated, else oldest due first; the rest is the customer's (I14)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from creditops.lib import approvals, locks, policies
from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from invoicing import documents, money_on_account, receipts, voids
from invoicing.models import Invoice, PayBack, Payment, Receipt
from invoicing.receipts import Arrival, Share
from ledger import exchange, holders
from ledger.models import Block, JournalEntry
from tests import cast
from tests.invoicing import racing

pytestmark = pytest.mark.django_db

START, FEBRUARY = cast.START, cast.at("2026-02-03")
RACERS = 4


@pytest.fixture
def holder():
    return holders.pay_as_you_go(cast.customer(), START)


def bought(holder, source: str, price_minor: int = 1_000, due: str = "2026-03-01") -> Invoice:
    return cast.buy(
        holder, pay="invoice", price_minor=price_minor, source=source, when=START,
        due_on=date.fromisoformat(due),
    ).invoice  # fmt: skip


def arrives(holder, amount_minor: int, reference: str = "wire 1", shares=None, **fields):
    usual = {"currency": "USD", "method": "transfer"} | fields
    arrival = Arrival(holder.customer, amount_minor, reference=reference, **usual)
    return receipts.record(arrival, shares=shares, by="Fiona", at=FEBRUARY)


def open_of(*invoices: Invoice) -> list[int]:
    return [documents.open_minor(invoice) for invoice in invoices]


def test_money_for_nothing_stated_settles_what_is_due_first(holder):
    late = bought(holder, "o1", due="2026-03-01")
    soon = bought(holder, "o2", due="2026-02-01")

    placed = arrives(holder, 1_300)

    assert open_of(soon, late) == [0, 700]
    assert [(p.invoice, p.amount_minor, p.reference) for p in placed.payments] == [
        (soon, 1_000, "wire 1"),
        (late, 300, "wire 1#2"),
    ]
    assert cast.journal(FEBRUARY)[-2:] == [
        "2026-02-03 JE-02 debit 1000 10.00, credit 1100 10.00",
        "2026-02-03 JE-02 debit 1000 3.00, credit 1100 3.00",
    ]


def test_the_customer_states_what_it_is_for(holder):
    late, soon = bought(holder, "o1"), bought(holder, "o2", due="2026-02-01")

    arrives(holder, 1_000, shares=[Share(late, 600), Share(soon)])

    assert open_of(soon, late) == [600, 400]


def test_what_is_too_much_stands_on_account_and_becomes_no_credits(holder):
    invoice = bought(holder, "o1")
    blocks = Block.objects.count()

    placed = arrives(holder, 1_500)

    assert placed.on_account_minor == 500
    assert open_of(invoice) == [0]
    assert Block.objects.count() == blocks
    assert money_on_account.sums(holder.customer) == {"USD": 500}
    assert cast.journal(FEBRUARY)[-2:] == [
        "2026-02-03 JE-02 debit 1000 10.00, credit 1100 10.00",
        "2026-02-03 JE-40 debit 1000 5.00, credit 2150 5.00",
    ]


def test_money_on_account_settles_a_later_invoice_without_new_cash(holder):
    receipt = arrives(holder, 1_500).receipt
    invoice = bought(holder, "o1")

    paid = receipts.apply(receipt, invoice, by="Fiona", at=FEBRUARY)

    assert (paid.amount_minor, open_of(invoice)) == (1_000, [0])
    assert money_on_account.left_minor(receipt) == 500
    assert cast.journal(FEBRUARY)[-1] == "2026-02-03 JE-41 debit 2150 10.00, credit 1100 10.00"


def test_money_for_a_void_invoice_is_all_the_customer_s(holder):
    invoice = bought(holder, "o1")
    voids.void(invoice, by="Fiona", reason="ordered twice", at=START)

    placed = receipts.record_for(
        invoice, amount_minor=1_000, currency="USD", method="transfer", reference="wire 1",
        by="Fiona", at=FEBRUARY,
    )  # fmt: skip

    assert (placed.payments, placed.on_account_minor) == ([], 1_000)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount_minor": 0}, "payment_not_positive"),
        ({"amount_minor": 1_000, "currency": "EUR"}, "payment_currency"),
        ({"amount_minor": 100, "reference": "known"}, "payment_known"),
        ({"amount_minor": 400, "share": 500}, "receipt_too_small"),
        ({"amount_minor": 2_000, "share": 1_001}, "payment_above_open"),
    ],
)
def test_what_can_not_be_meant_is_refused_and_nothing_is_written(holder, fields, code):
    invoice = bought(holder, "o1")
    arrives(holder, 1, "known", shares=[])
    share = fields.pop("share", None)

    with pytest.raises(Refusal) as refused:
        arrives(holder, **fields, shares=[Share(invoice, share)])

    assert refused.value.code == code
    assert (Receipt.objects.count(), Payment.objects.count()) == (1, 0)
    assert open_of(invoice) == [1_000]


def test_money_of_one_customer_settles_nothing_of_another(holder):
    other = bought(holders.pay_as_you_go(cast.customer("otto"), START), "o2")

    with pytest.raises(Refusal) as refused:
        arrives(holder, 1_000, shares=[Share(other)])

    assert refused.value.code == "receipt_of_another"


def test_money_on_account_goes_back_with_a_second_person(holder):
    receipt = arrives(holder, 1_500, shares=[]).receipt
    how = {"by": "Fiona", "reason": "paid twice", "at": FEBRUARY}

    asked = money_on_account.pay_back_or_ask(receipt, **how)
    assert isinstance(asked, Approval)
    agreed = approvals.approve(asked.pk, by="Mara", at=FEBRUARY)
    money_on_account.pay_back_approved(agreed, at=FEBRUARY)

    assert money_on_account.left_minor(receipt) == 0
    assert cast.journal(FEBRUARY)[-1] == "2026-02-03 JE-42 debit 2150 15.00, credit 1000 15.00"
    with pytest.raises(Refusal) as refused:
        money_on_account.pay_back_approved(agreed, at=FEBRUARY)
    assert refused.value.code == "approval_content_changed"


def test_the_database_lets_no_money_go_back_without_a_second_person(holder):
    receipt = arrives(holder, 1_500, shares=[]).receipt

    with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
        money_on_account.pay_back(receipt, by="Fiona", reason="alone", at=FEBRUARY)

    assert not PayBack.objects.exists()


def test_several_small_pay_backs_do_not_add_up_to_a_big_one(holder):
    """The limit is of the receipt's pay-backs together; here there is one receipt and one limit."""
    policies.change(
        policies.BOOKS, {"money_alone_up_to": "10"}, effective_at=START, recorded_at=START,
        by="Mara", approved_by="Mara",
    )  # fmt: skip
    receipt = arrives(holder, 1_001, shares=[]).receipt

    asked = money_on_account.pay_back_or_ask(receipt, by="Fiona", reason="all", at=FEBRUARY)

    assert isinstance(asked, Approval)


@pytest.mark.django_db(transaction=True)
def test_of_pay_backs_at_once_one_goes_out(holder):
    policies.change(
        policies.BOOKS, {"money_alone_up_to": "100"}, effective_at=START, recorded_at=START,
        by="Mara", approved_by="Mara",
    )  # fmt: skip
    receipt = arrives(holder, 1_000, shares=[]).receipt

    told = racing.at_once(RACERS, lambda n: back(receipt))

    assert sorted(getattr(said, "code", "paid") for said in told) == [
        *["nothing_on_account"] * (RACERS - 1), "paid",
    ]  # fmt: skip
    assert JournalEntry.objects.filter(recipe="JE-42").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_all_would_see_the_same_money_and_the_database_refuses(
    holder, monkeypatch
):
    """The negative control: nobody waits for the receipt's name, so all read before one writes."""
    policies.change(
        policies.BOOKS, {"money_alone_up_to": "100"}, effective_at=START, recorded_at=START,
        by="Mara", approved_by="Mara",
    )  # fmt: skip
    receipt = arrives(holder, 1_000, shares=[]).receipt
    together, left = racing.barrier(RACERS), money_on_account._left
    monkeypatch.setattr(locks, "hold", lambda name: None)
    monkeypatch.setattr(money_on_account, "_left", lambda *a: (left(*a), together.wait())[0])

    told = racing.at_once(RACERS, lambda n: back(receipt))

    lost = [said for said in told if isinstance(said, IntegrityError)]
    assert len(lost) == RACERS - 1
    assert PayBack.objects.count() == 1


def back(receipt: Receipt) -> PayBack:
    return money_on_account.pay_back(receipt, by="Fiona", reason="paid twice", at=FEBRUARY)


def test_foreign_money_on_account_is_carried_until_it_is_used():
    """V19: it came at 1.10, is valued at 1.20 at the month's end, and settles what was owed at 1.20."""
    _euro("1.10", START)
    holder = holders.pay_as_you_go(cast.customer(currency="EUR"), START)
    receipt = arrives(holder, 1_000, "wire 1", shares=[], currency="EUR").receipt
    _euro("1.20", cast.at("2026-02-20"))
    cast.run_due(cast.at("2026-03-01"))
    march = cast.at("2026-03-02")
    invoice = cast.buy(
        holder, pay="invoice", currency="EUR", source="o1", when=march, expires_at=cast.END
    ).invoice

    receipts.apply(receipt, invoice, by="Fiona", at=march)

    assert cast.journal(march) == [
        "2026-02-03 JE-40 debit 1000 11.00, credit 2150 11.00",
        "2026-02-28 JE-21 debit 7100 1.00, credit 2150 1.00",
        "2026-03-02 JE-02 debit 1100 12.00, credit 2100 12.00",
        "2026-03-02 JE-41 debit 2150 12.00, credit 1100 12.00",
    ]


def _euro(rate: str, when) -> None:
    exchange.publish(
        from_currency="EUR", to_currency="USD", rate=rate, effective_from=when, by="Fiona", at=when
    )
