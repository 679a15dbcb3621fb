"""Contracts change at the desk: credits added, given back, rights used; and their review page tells it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from accounts.roles import Role
from contracts.models import Amendment, Contract
from creditops.desk import addresses
from creditops.lib import policies
from creditops.lib.models import Approval
from invoicing import cards, options
from invoicing.models import CreditNote, Invoice, PurchaseOption
from ledger import holders
from ledger.models import CapLift
from tests import cast, staff
from tests.desk import acts
from tests.staff import NOW, Book

REASON = {"reason": "they grow", "act": "desk:1"}


@pytest.fixture
def priced(book: Book) -> Book:
    """A credit costs a cent on its own, and sales reps may give half of it away."""
    allow("0.01", "50")
    return book


def allow(ssp: str, discount: str) -> None:
    """What a credit costs on its own, and up to which discount one sells alone."""
    policies.change(
        policies.BOOKS, {"ssp_per_credit": ssp, "discount_alone_up_to_pct": discount},
        effective_at=NOW, recorded_at=NOW, by="Fiona", approved_by="Fiona",
    )  # fmt: skip


def test_what_an_addition_does_is_told_in_figures_and_then_written(priced: Book, sam):
    typed = {"credits": "5,000", "price": "30.00", **REASON}

    page = acts.rehearse(sam, "add-to-contract", priced.contract.code, **typed)
    facts = dict(page.context["facts"])
    done = acts.do(sam, "add-to-contract", priced.contract.code, **typed)

    assert facts["An added credit costs"] == "0.006 USD"
    assert facts["What is left and what is added"] == "become one price"
    made = Amendment.objects.get()
    assert (made.kind, made.credits, made.price_minor) == ("blended", 5_000, 3_000)
    assert made.signed_by == "sales-rep@vendor.example"
    assert made.effect["after"]["credits_left"] == made.effect["before"]["credits_left"] + 5_000
    assert priced.contract.invoices.count() == 2
    assert "Invoice INV-2026-" in acts.said(done)[0]


def test_without_a_price_of_its_own_nobody_can_add(book: Book, sam):
    page = acts.do(sam, "add-to-contract", book.contract.code, credits="5", price="1.00", **REASON)

    assert acts.errors(page)[0].startswith("Nobody has said what a credit costs on its own")
    assert not Amendment.objects.exists()


def test_a_discount_beyond_ones_limit_is_added_when_another_person_agrees(book: Book, sam):
    allow("0.01", "10")
    typed = {"credits": "5,000", "price": "44.99", **REASON}

    done = acts.do(sam, "add-to-contract", book.contract.code, **typed)
    assert acts.said(done)[0].startswith(
        "It waits for another person to agree. The discount is 10.02 % of the list price, and you may "
        "give 10 % alone."
    )
    asked = Approval.objects.get()
    assert asked.summary.startswith("Add 5,000 credits for $44.99 to C-1. The discount is 10.02 %")
    assert (Amendment.objects.count(), Invoice.objects.count()) == (0, 1)

    mara = staff.as_(staff.person(Role.SALES_MANAGER))
    acts.do(mara, "decide", asked.pk, decision="approve", reason="they grow fast")
    made = Amendment.objects.get()
    assert (made.price_minor, made.signed_by, made.reason) == (
        4_499, "sales-rep@vendor.example", "they grow",
    )  # fmt: skip
    assert Invoice.objects.latest("id").total_minor == 4_499


def test_an_addition_within_ones_limit_asks_nobody(book: Book, sam):
    allow("0.01", "10")

    acts.do(sam, "add-to-contract", book.contract.code, credits="5,000", price="45.00", **REASON)

    assert (Amendment.objects.count(), Approval.objects.count()) == (1, 0)


def test_credits_given_back_lower_the_cap_and_are_credited_at_their_cost(book: Book, fiona):
    typed = {"credits": "2,000", **REASON}

    page = acts.do(fiona, "give-back", book.contract.code, **typed)

    note = CreditNote.objects.latest("id")
    assert (note.net_minor, note.reason) == (2_000, "they grow")
    made = Amendment.objects.get()
    assert (made.kind, made.credits, made.price_minor) == ("reduced", 2_000, 2_000)
    assert CapLift.objects.get().cap == 1_600
    assert acts.said(page)[0].startswith("2,000 credits are given back: credit note CN-2026-")


def test_a_right_is_used_on_the_card_on_file(priced: Book, root):
    holder = holders.pay_as_you_go(priced.acme, NOW)
    cards.save(priced.acme, works=True, at=NOW)
    offered = options.Offered(
        "half", 1_000, 1_000, Fraction(50), Fraction(0), Fraction(100), cast.at("2026-12-31")
    )
    cast.buy(holder, when=NOW, source="with a right", option=offered)

    page = acts.do(root, "use-option", "half", reason="asked by phone")

    assert acts.said(page)[0].startswith("1,000 credits are bought; invoice INV-2026-")
    assert options.state(PurchaseOption.objects.get(), NOW) == "exercised"


def test_whoever_cancels_sees_what_is_left_and_what_it_would_still_buy(book: Book, sam):
    page = acts.rehearse(sam, "cancel-contract", book.contract.code, reason="they leave")
    facts = list(page.context["facts"])
    acts.do(sam, "cancel-contract", book.contract.code, reason="they leave")

    assert facts[0][0] == "Credits"
    assert facts[0][1].startswith("10,200 credits end with 31 December 2026")
    assert facts[1] == ("10,200 credits would still buy", "3,400,000 x Translation")
    assert Amendment.objects.get().kind == "cancelled"


def test_the_review_page_tells_worries_what_is_left_and_the_history(priced: Book, sam, auditor):
    policies.change(
        policies.contract_scope(priced.contract.code), {"rollover": "NONE"}, effective_at=NOW,
        recorded_at=NOW, by="Sam", approved_by="Fiona",
    )  # fmt: skip
    acts.do(sam, "add-to-contract", priced.contract.code, credits="5000", price="30.00", **REASON)

    page = auditor.get(f"/admin/desk/contract/{priced.contract.code}/")
    said = page.content.decode()

    assert page.status_code == 200
    assert "No rollover: credits that end with the term" in said
    assert "Amendment 1: credits added, price blended with what is left" in said
    assert "Setting rollover" in said
    assert "Signed" in said
    assert page.context["doable"] == []


def test_the_review_page_says_what_runs_and_that_what_is_left_stays_usable(priced: Book, sam):
    def shown():
        return sam.get(addresses.of("contract", priced.contract.code)).context

    running = shown()
    Contract.objects.filter(pk=priced.contract.pk).update(auto_renew=True)
    renews = shown()
    Contract.objects.filter(pk=priced.contract.pk).update(status="ended")
    ended = shown()

    assert dict(running["facts"])["Term 1"] == (
        "2026-01-01 to 2026-12-31, 10,000 credits for $100.00"
    )
    assert running["left"].as_it_stands == "10,200 credits end with 31 December 2026, used or not."
    assert renews["left"].as_it_stands == (
        "10,200 credits are left until 31 December 2026; then it renews, and what rolls over stays "
        "usable."
    )
    assert [label for label, _ in ended["facts"]] == ["State", "Signed", "Commission"]


def test_a_contract_that_nobody_has_is_not_there(book: Book, root):
    assert root.get("/admin/desk/contract/nothing/").status_code == 404
