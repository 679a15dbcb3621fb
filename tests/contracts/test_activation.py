"""A term begins: its commitment, its blocks, and what its invoice posts (V3, V5, JE-02 to JE-09)."""

from datetime import date

import pytest

from contracts import activation, agreements, free_credits
from contracts.models import Contract, ScheduledCharge
from creditops.lib.refusals import Refusal
from invoicing import payments
from invoicing.models import Invoice
from ledger import balances, grants
from ledger.models import Block, CostLayer, JournalEntry, PoolTerm
from tests import cast

pytestmark = pytest.mark.django_db

START, END, JUNE, JULY = map(cast.at, ("2026-01-01", "2027-01-01", "2026-06-01", "2026-07-01"))


def blocks(contract: Contract, when=START) -> list[tuple]:
    """(kind, granted, cost, effective from, end) of each block."""
    [pool] = balances.pools_of(contract.holder)
    found = balances.of_pool(pool, as_of=when, known_at=when).blocks
    return [(b.kind, b.granted, b.cost_minor, b.effective_at, b.expires_at) for b in found]


def test_the_commitment_is_a_paid_block_until_the_terms_end():
    """L2, S66: its cost is the price, its credits end with the term."""
    contract = cast.sign(credits=800_000, price_minor=800_000)

    assert contract.status == Contract.Status.ACTIVE
    assert blocks(contract) == [("paid", 800_000, 800_000, START, END)]
    assert Block.objects.get().source == "contract:c1:term:1:commitment"


def test_an_invoice_on_terms_posts_receivable_and_deferred_revenue_then_the_payment():
    """A02, JE-02: not cancellable and begun, so the right is unconditional at the issue."""
    cast.sign(credits=800_000, price_minor=800_000, due_on=date(2026, 1, 31))
    cast.run_due(START)

    payments.record(
        Invoice.objects.get(), amount_minor=800_000, currency="USD", method="transfer",
        reference="wire 1", by="Fiona", at=cast.at("2026-02-03"),
    )  # fmt: skip

    assert cast.journal(cast.at("2026-03-01")) == [
        "2026-01-01 JE-02 debit 1100 8000.00, credit 2100 8000.00",
        "2026-02-03 JE-02 debit 1000 8000.00, credit 1100 8000.00",
    ]


def test_a_discount_is_nowhere_in_the_books():
    """A07, V4, JE-04: a million at list, sold for 700,000; revenue adds up to what was paid."""
    contract = cast.sign(credits=100_000_000, price_minor=70_000_000, list_price_minor=100_000_000)
    cast.run_due(START)
    cast.send("q1", 25_000_000, when=cast.at("2026-03-31"), contract="c1")

    assert cast.left(contract, cast.at("2026-03-31")) == 75_000_000
    assert cast.journal(cast.at("2026-04-01")) == [
        "2026-01-01 JE-02 debit 1100 700000.00, credit 2100 700000.00",
        "2026-03-31 JE-05 debit 2100 175000.00, credit 4000 175000.00",
    ]
    assert Invoice.objects.get().lines.get().unit_price == "0.007"


def test_bonus_credits_share_the_price_of_their_purchase():
    """A08, V5, M5: 1,000.00 over 100,000 + 20,000 is 833.33 + 166.67; the bonus line says 0.00."""
    contract = cast.sign(bonus_credits=20_000, bonus_expires_at=JULY)
    cast.run_due(START)
    cast.send("u1", 60_000, when=cast.at("2026-02-01"), contract="c1")

    assert blocks(contract) == [
        ("paid", 100_000, 83_333, START, END),
        ("bonus", 20_000, 16_667, START, JULY),
    ]
    lines = Invoice.objects.get().lines.values_list("kind", "credits", "amount_minor")
    assert list(lines) == [("COMMITMENT", 100_000, 100_000), ("BONUS", 20_000, 0)]
    assert cast.journal(cast.at("2026-02-02")) == [
        "2026-01-01 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-02-01 JE-05 debit 2100 500.00, credit 4000 500.00",
    ]


def test_overage_is_valued_at_the_price_of_the_commitment_line_bonus_or_not():
    """X10, O4: price / commitment, 1,000.00 / 100,000, though the block cost only 833.33."""
    cast.sign(bonus_credits=20_000)

    assert PoolTerm.objects.get().price_minor == 100_000
    layer = CostLayer.objects.get(kind=CostLayer.Kind.OVERAGE)
    assert (layer.quantity, layer.cost_minor) == (100_000, 100_000)


def test_promotional_credits_burn_first_and_post_nothing():
    """JE-08, JE-09, L4: no revenue, and the deferred amount stays."""
    contract = cast.sign()
    cast.run_due(START)
    free_credits.give(
        contract.holder, kind="promo", credits=1_000, source="p1", by="Sam", reason="", at=START
    )

    cast.send("u1", 1_500, when=JUNE, contract="c1")

    assert cast.journal(JUNE) == [
        "2026-01-01 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-06-01 JE-05 debit 2100 5.00, credit 4000 5.00",
    ]


def test_nothing_is_granted_before_the_term_begins():
    """FORMAT: credits at term start; the invoice before it is a memo (V3)."""
    contract = cast.sign(starts_on=date(2026, 6, 1), due_on=date(2026, 8, 1))
    cast.run_due(JUNE - cast.SECOND)

    assert contract.status == Contract.Status.SIGNED
    assert not Block.objects.exists()
    assert Invoice.objects.get().issue_date == date(2026, 1, 1)
    assert cast.journal(JUNE - cast.SECOND) == []

    cast.run_due(JUNE)

    assert agreements.find("c1").status == Contract.Status.ACTIVE
    assert blocks(contract, JUNE) == [("paid", 100_000, 100_000, JUNE, cast.at("2027-06-01"))]
    assert cast.journal(JUNE) == ["2026-06-01 JE-02 debit 1100 1000.00, credit 2100 1000.00"]


def test_a_due_date_before_the_term_makes_the_right_unconditional():
    """V3: the earliest of payment, due date, start of a term that can't be cancelled."""
    cast.sign(starts_on=date(2026, 6, 1), due_on=date(2026, 3, 1))
    cast.run_due(JUNE)

    assert cast.journal(JUNE) == ["2026-03-01 JE-02 debit 1100 1000.00, credit 2100 1000.00"]


def test_nothing_of_a_cancellable_contract_is_granted_or_posted_before_payment():
    """A02 variant 2, V3: no receivable, no deferred revenue, no credits."""
    contract = cast.sign(cancellable=True)
    cast.run_due(cast.at("2026-02-01"))

    assert Invoice.objects.get().total_minor == 100_000
    assert contract.status == Contract.Status.SIGNED
    assert not Block.objects.exists()
    assert not JournalEntry.objects.exists()


PAID = cast.at("2026-02-03")


def pay(amount_minor: int, when=PAID) -> None:
    """Pay the newest invoice, or a part of it."""
    payments.record(
        Invoice.objects.latest("issued_at"), amount_minor=amount_minor, currency="USD",
        method="transfer", reference=f"wire {when}", by="Fiona", at=when,
    )  # fmt: skip


def test_a_cancellable_contract_is_granted_when_it_is_paid():
    """A02b, V3, Q1: the block begins with the payment, and pays for use since then."""
    contract = cast.sign(cancellable=True, bonus_credits=20_000)
    cast.run_due(START)

    pay(100_000)

    assert agreements.find("c1").status == Contract.Status.ACTIVE
    assert blocks(contract, PAID) == [
        ("paid", 100_000, 83_333, PAID, END),
        ("bonus", 20_000, 16_667, PAID, END),
    ]
    assert cast.journal(PAID) == [
        "2026-02-03 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-02-03 JE-02 debit 1000 1000.00, credit 1100 1000.00",
    ]


def test_a_part_of_the_price_brings_no_credits_the_last_part_all():
    contract = cast.sign(cancellable=True)
    cast.run_due(START)

    pay(99_999)
    assert cast.left(contract, PAID) == 0

    pay(1, JUNE)
    assert blocks(contract, JUNE) == [("paid", 100_000, 100_000, JUNE, END)]


def test_what_is_paid_before_the_term_is_granted_at_its_start():
    contract = cast.sign(cancellable=True, starts_on=date(2026, 6, 1))
    cast.run_due(START)

    pay(100_000)
    cast.run_due(JUNE - cast.SECOND)
    assert not Block.objects.exists()

    cast.run_due(JUNE)
    assert blocks(contract, JUNE) == [("paid", 100_000, 100_000, JUNE, cast.at("2027-06-01"))]


def test_a_term_that_is_over_gets_no_credits_for_a_late_payment():
    """What was paid stays owed to the customer."""
    contract = cast.sign(cancellable=True)
    cast.run_due(END)

    pay(100_000, END)

    assert cast.left(contract, END) == 0
    assert cast.journal(END)[-1] == "2027-01-01 JE-02 debit 1000 1000.00, credit 1100 1000.00"


def test_a_renewal_of_a_cancellable_contract_waits_for_its_payment_too():
    """V3: no receivable and no deferred revenue before; what rolled over can be used."""
    contract = cast.sign(cancellable=True, auto_renew=True)
    cast.run_due(START)
    pay(100_000)
    cast.send("u1", 40_000, when=JUNE, contract="c1")
    cast.run_due(END)
    assert cast.left(contract, END) == 60_000
    before = cast.journal(END)

    paid = cast.at("2027-01-10")
    pay(40_000, paid)

    assert cast.left(contract, paid) == 100_000
    assert before[-1] == "2026-06-01 JE-05 debit 2100 400.00, credit 4000 400.00"
    assert cast.journal(paid)[len(before) :] == [
        "2027-01-10 JE-02 debit 1100 400.00, credit 2100 400.00",
        "2027-01-10 JE-02 debit 1000 400.00, credit 1100 400.00",
    ]


def test_a_contract_signed_late_pays_for_use_since_its_start():
    """L3: an event after the term's start may use a block that came after it."""
    contract = cast.sign(when=cast.at("2026-01-20"))

    late = cast.send(
        "early use", 500, when=cast.at("2026-01-21"), time=cast.at("2026-01-02"), contract="c1"
    )

    assert late.status == "applied"
    assert cast.left(contract, cast.at("2026-01-21")) == 99_500
    assert Block.objects.get().effective_at == cast.at("2026-01-20")


def test_a_contract_is_activated_once():
    contract = cast.sign()
    term = contract.holder.terms.get(customer_id=contract.customer_id)

    with pytest.raises(Refusal) as refused:
        activation.activate(contract, term, at=JUNE)

    assert refused.value.code == "contract_active"
    assert (Block.objects.count(), PoolTerm.objects.count()) == (1, 1)


def test_the_start_of_a_term_that_has_begun_changes_nothing():
    cast.sign()

    agreements.start_term("c1", START, START)

    assert Block.objects.count() == 1


def test_a_block_of_a_term_is_granted_once_whoever_asks():
    """Once-only by the block's source."""
    contract = cast.sign()
    [pool] = balances.pools_of(contract.holder)
    again = grants.Grant(
        kind="paid", credits=1, source="contract:c1:term:1:commitment", effective_at=START,
        expires_at=END,
    )  # fmt: skip

    with pytest.raises(Refusal) as refused:
        grants.issue(pool, [again], at=START)

    assert refused.value.code == "already_granted"
    assert cast.left(contract, START) == 100_000


def test_a_charge_waits_for_the_billing_run():
    """Activation does not bill: it leaves a charge that billing finds."""
    cast.sign(bonus_credits=10)

    charges = ScheduledCharge.objects.values_list("source", "credits", "amount_minor")
    assert list(charges) == [
        ("contract:c1:term:1:COMMITMENT", 100_000, 100_000),
        ("contract:c1:term:1:BONUS", 10, 0),
    ]
    assert not Invoice.objects.exists()
