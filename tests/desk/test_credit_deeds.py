"""Credits: given free, or sold at once."""

from __future__ import annotations

import pytest

from creditops.desk import addresses
from invoicing import cards
from invoicing.models import Invoice, Payment
from ledger.models import Block, Holder
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book

GIFT = {
    "holder": "C-1",
    "kind": "compensation",
    "credits": "2,500",
    "promo_policy": "ZERO_COST",
    "reason": "outage",
    "act": "a-1",
}
SALE = {"holder": "open", "price": "25.00", "pay": "invoice", "act": "a-2"}


def test_free_credits_are_a_block_with_its_giver_and_reason(book: Book, fiona):
    page = acts.rehearse(fiona, "free-credits", "acme", **GIFT)
    done = acts.do(fiona, "free-credits", "acme", **GIFT)

    assert acts.changes(page)["Available, credits"] == ("10,200", "12,700")
    made = Block.objects.get(source="a-1")
    assert (made.kind, made.granted, made.granted_by, made.reason) == (
        "compensation", 2_500, "controller@vendor.example", "outage",
    )  # fmt: skip
    assert made.state.until == at("2027-01-01")
    assert acts.said(done) == [
        "2,500 compensation credits given to C-1. Written: a block of 2,500 credits."
    ]


def test_a_gift_sent_twice_is_given_once(book: Book, fiona):
    acts.do(fiona, "free-credits", "acme", **GIFT)

    page = acts.do(fiona, "free-credits", "acme", **GIFT)

    assert acts.errors(page) == ["'a-1' granted its credits already."]
    assert Block.objects.filter(kind="compensation").count() == 1


def test_the_last_day_is_the_last_day(book: Book, fiona):
    acts.do(fiona, "free-credits", "acme", **GIFT | {"last_day": "2026-08-31"})

    assert Block.objects.get(source="a-1").state.until == at("2026-09-01")


def test_sold_credits_are_a_block_and_an_invoice(book: Book, sam):
    done = acts.do(sam, "sell-credits", "acme", **SALE)

    invoice = Invoice.objects.get(source="a-2")
    block = Block.objects.get(source="a-2:credits")
    assert (invoice.total_minor, invoice.issued_at, block.granted) == (2_500, NOW, 2_500)
    assert block.pool.holder.kind == Holder.Kind.OPEN
    assert acts.said(done) == [
        f"2,500 credits sold to acme. Written: invoice {invoice.number}, a block of 2,500 credits, "
        "1 journal entry."
    ]


@pytest.mark.parametrize(
    ("more", "off"),
    [({"credits": "2,800"}, "10.71"), ({"bonus_credits": "300"}, "10.71")],
)
def test_credits_below_the_list_price_are_sold_within_ones_limit_only(book: Book, sam, more, off):
    page = acts.do(sam, "sell-credits", "acme", **SALE | more)

    assert acts.errors(page) == [
        f"The discount is {off} % of the list price, and you may give 10 % alone. Have it sold by "
        "somebody who may give more."
    ]
    assert not Block.objects.filter(source__startswith="a-2").exists()
    assert Invoice.objects.count() == 1


def test_a_top_up_by_card_is_paid_at_once(book: Book, sam):
    cards.save(book.acme, at=NOW)

    acts.do(sam, "sell-credits", "acme", **SALE | {"holder": "C-1", "pay": "card"})

    assert Payment.objects.get().amount_minor == 2_500
    assert Block.objects.get(source="a-2:credits").state.until == at("2027-01-01")


def test_a_declined_card_buys_nothing(book: Book, sam):
    cards.save(book.acme, works=False, at=NOW)

    page = acts.do(sam, "sell-credits", "acme", **SALE | {"pay": "card"})

    assert acts.errors(page) == ["Test card ending in 0002 was declined. Ask for another card."]
    assert Invoice.objects.count() == 1
    assert not Holder.objects.filter(kind=Holder.Kind.OPEN).exists()


def test_a_price_is_told_in_credits_while_it_is_typed(book: Book, sam):
    page = sam.post(
        addresses.of("sell-credits", "acme"), {"price": "1,234.50"}, headers={"X-Desk-Live": "1"}
    )

    assert "123,450 credits" in page.content.decode()


def test_free_credits_are_accounted_for_as_finance_chooses(book: Book, fiona):
    """V8: the policy is fixed at the grant, with the value of a credit where it needs one."""
    given = GIFT | {"promo_policy": "MARKETING_EXPENSE"}

    page = acts.do(fiona, "free-credits", "acme", **given)
    acts.do(fiona, "free-credits", "acme", **given | {"value": "0.004"})

    assert acts.errors(page) == [
        "Say the standard cost of one credit in USD: MARKETING_EXPENSE values the free credits that "
        "are used by it."
    ]
    block = Block.objects.get(source="a-1")
    assert (block.promo_policy, block.promo_minor, block.promo_credits) == (
        "MARKETING_EXPENSE",
        2,
        5,
    )


def test_a_form_begins_with_an_act_of_its_own(book: Book, fiona):
    forms = [fiona.get(addresses.of("free-credits", "acme")).context["form"] for _ in range(2)]

    assert forms[0]["act"].value() != forms[1]["act"].value()
