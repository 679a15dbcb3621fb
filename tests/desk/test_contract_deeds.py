"""Contracts: signed, cancelled, renewed, and allowed more overage."""

from __future__ import annotations

from datetime import date

import pytest

from contracts.models import Contract, RenewalProposal, ScheduledCharge
from creditops.desk import addresses
from creditops.lib import policies
from creditops.lib.models import PolicySetting
from ledger.models import Block, CapLift
from tests import cast, staff
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book

TERMS = {
    "code": "C-9",
    "starts_on": "2026-06-15",
    "term_months": "12",
    "credits": "20,000",
    "price": "180.00",
    "list_price": "200",
    "currency": "USD",
    "time_zone": "UTC",
    "rate_card": "standard",
    "overage_pct": "10",
}


def test_a_signature_writes_contract_settings_charge_and_block(book: Book, sam):
    page = acts.do(sam, "sign-contract", "acme", **TERMS)

    made = Contract.objects.get(code="C-9")
    assert (made.commitment, made.price_minor, made.list_price_minor) == (20_000, 18_000, 20_000)
    assert (made.signed_by, made.signed_at) == ("sales-rep@vendor.example", NOW)
    assert (made.starts_on, made.status) == (date(2026, 6, 15), Contract.Status.ACTIVE)
    assert PolicySetting.objects.get(scope="contract:C-9").value == "10"
    assert ScheduledCharge.objects.get(contract=made).amount_minor == 18_000
    assert Block.objects.get(source="contract:C-9:term:1:commitment").granted == 20_000
    assert acts.said(page) == [
        "Contract C-9 over 20,000 credits for $180.00 has begun; its charge waits to be billed. "
        "Written: a block of 20,000 credits."
    ]


def test_what_is_typed_is_told_in_figures_before_it_is_signed(book: Book, sam):
    page = acts.rehearse(sam, "sign-contract", "acme", **TERMS)

    assert dict(page.context["facts"]) == {
        "Price of a credit": "0.009 USD",
        "Discount on the list price": "10.0 %",
        "At the published price it would buy": "18,000 credits",
        "Overage cap": "2,000 credits, $18.00",
        "First term": "2026-06-15 to 2027-06-14",
        "First invoice": "$180.00, without tax",
    }
    assert not Contract.objects.filter(code="C-9").exists()


def test_the_figures_follow_what_is_typed_so_far(book: Book, sam):
    page = sam.post(
        "/admin/desk/sign-contract/acme/",
        {"credits": "5000", "price": "1x", "rollover": "NONE", "code": "C"},
        headers={"X-Desk-Live": "1"},
    )

    said = page.content.decode()
    assert "1,000 credits" in said
    assert "Price of a credit" not in said
    assert "functionally identical to a licence" in said
    assert "No rate card" in said


def test_a_code_is_signed_once(book: Book, sam):
    page = acts.do(sam, "sign-contract", "acme", **TERMS | {"code": "C-1"})

    assert acts.errors(page) == ["There is a contract 'C-1' already. Choose another code."]
    assert Contract.objects.count() == 1


@pytest.mark.parametrize(
    ("terms", "off"), [({"price": "179.99"}, "10.01"), ({"bonus_credits": "1,000"}, "14.29")]
)
def test_a_discount_beyond_ones_limit_is_not_signed_past_the_quote(book: Book, sam, terms, off):
    """The list price is the published one, whatever is typed as it."""
    page = acts.do(sam, "sign-contract", "acme", **TERMS | {"list_price": "180"} | terms)

    assert acts.errors(page) == [
        f"The discount is {off} % of the list price, and you may give 10 % alone. Make a quote, to which "
        "another person agrees, or have it signed by somebody who may give more."
    ]
    assert not Contract.objects.filter(code="C-9").exists()
    assert not PolicySetting.objects.filter(scope="contract:C-9").exists()


def test_whoever_may_give_more_signs_it(book: Book, sam):
    policies.change(
        "role:sales rep", {"discount_alone_up_to_pct": "30"}, effective_at=NOW, recorded_at=NOW,
        by="Mara", approved_by="Mara",
    )  # fmt: skip

    acts.do(sam, "sign-contract", "acme", **TERMS | {"price": "140.00"})

    assert Contract.objects.get(code="C-9").price_minor == 14_000


def test_an_amount_that_cannot_be_read_is_refused_with_what_to_write(book: Book, sam):
    page = acts.rehearse(sam, "sign-contract", "acme", **TERMS | {"price": "ten"})

    assert acts.errors(page) == [
        "'ten' is no amount. Write it with digits and a point, like 1250.00."
    ]


def test_a_cancelled_contract_is_not_renewed(book: Book, sam):
    Contract.objects.update(auto_renew=True)

    page = acts.rehearse(sam, "cancel-contract", "C-1", reason="they leave")
    done = acts.do(sam, "cancel-contract", "C-1", reason="they leave")

    assert acts.changes(page)["At the end of the term"] == ("it is renewed", "it ends")
    assert not Contract.objects.get().auto_renew
    assert acts.said(done) == ["C-1 is not renewed at the end of its term."]


def test_a_contract_is_ended_early_with_what_becomes_of_it_seen(book: Book, sam):
    typed = {"last_day": "2026-06-30", "reason": "they close down"}

    page = acts.rehearse(sam, "terminate-contract", "C-1", **typed)
    done = acts.do(sam, "terminate-contract", "C-1", **typed)

    assert acts.changes(page)["Last day of the term"] == ("2026-12-31", "2026-06-30")
    assert acts.said(done)[0].startswith("C-1 ends with 2026-06-30.")
    term = Contract.objects.get().holder.terms.get()
    assert term.ends_at == at("2026-07-01")


def test_an_early_end_outside_of_the_term_is_refused(book: Book, sam):
    page = acts.do(sam, "terminate-contract", "C-1", last_day="2027-05-01", reason="no")

    assert "Choose an end inside of it." in acts.errors(page)[0]
    assert Contract.objects.get().terminated_at is None


def test_an_ended_contract_can_be_neither_cancelled_nor_renewed(book: Book, sam):
    Contract.objects.update(status=Contract.Status.ENDED)

    for name in ("cancel-contract", "sign-renewal"):
        page = acts.do(sam, name, "C-1", reason="too late")
        assert page.status_code == 409
        assert "C-1 has ended already." in page.content.decode()


def test_a_renewal_is_signed_with_its_figures_seen(book: Book, sam):
    page = acts.rehearse(sam, "sign-renewal", "C-1", reason="they stay")
    done = acts.do(sam, "sign-renewal", "C-1", reason="they stay")

    assert dict(page.context["facts"])["Next commitment"] == "300 credits"
    assert dict(page.context["facts"])["Its price"] == "$3.00"
    assert acts.changes(page)["At the end of the term"] == ("it ends", "it is renewed")
    assert Contract.objects.get().renewal_signed_at == NOW
    assert acts.said(done) == ["The renewal of C-1 is signed."]


def test_within_the_grace_an_ended_contract_can_still_be_renewed(book: Book, sam):
    """L13: five months to 31 May, twenty days of grace; it is 15 June."""
    staff.sign(book.acme, "C-2", term_months=5, settings={"reinstatement_grace_days": 20})
    staff.use(book.acme, "C-2", "u2", 100_000, at("2026-02-01"))
    cast.run_due(NOW)
    assert Contract.objects.get(code="C-2").status == Contract.Status.ENDED

    done = acts.do(sam, "sign-renewal", "C-2", reason="they stay")

    # 300 credits in five months are 720 in the twelve of the new term.
    assert acts.said(done) == ["The renewal of C-2 is signed. Written: a block of 720 credits."]
    assert Contract.objects.get(code="C-2").status == Contract.Status.ACTIVE


def test_a_renewal_within_the_grace_that_is_sent_twice_is_signed_once(book: Book, sam):
    staff.sign(book.acme, "C-2", term_months=5, settings={"reinstatement_grace_days": 20})
    staff.use(book.acme, "C-2", "u2", 100_000, at("2026-02-01"))
    cast.run_due(NOW)
    form = sam.get(addresses.of("sign-renewal", "C-2")).context["form"]
    sent = {"reason": "they stay", "after": form.initial["after"]}

    acts.do(sam, "sign-renewal", "C-2", **sent)
    again = acts.do(sam, "sign-renewal", "C-2", **sent)

    assert acts.errors(again) == ["Term 1 of C-2 was renewed already: term 2 runs now."]
    assert Contract.objects.get(code="C-2").renewal_signed_at is None


def test_a_proposal_is_stated_when_somebody_wants_it(book: Book, sam):
    done = acts.do(sam, "propose-renewal", "C-1", reason="they asked")

    made = RenewalProposal.objects.get()
    assert (made.credits, made.price_minor, made.restated_at) == (300, 300, NOW)
    assert acts.said(done) == ["Proposed: 300 credits for $3.00."]


def test_nothing_used_is_nothing_to_propose(book: Book, sam):
    staff.sign(book.acme, "C-2", when=at("2026-06-12"))

    page = acts.do(sam, "propose-renewal", "C-2", reason="they asked")

    assert acts.errors(page) == ["Nothing was used in this term, so nothing to propose."]
    assert not RenewalProposal.objects.exists()


def test_a_lifted_cap_is_a_row_with_its_approver(book: Book, fiona):
    page = acts.rehearse(fiona, "lift-cap", "C-1", cap="5,000", reason="their CFO agreed")
    done = acts.do(fiona, "lift-cap", "C-1", cap="5,000", reason="their CFO agreed")

    assert acts.changes(page)["Overage cap"] == ("2,000 credits", "5,000 credits")
    lift = CapLift.objects.get()
    assert (lift.cap, lift.approved_by, lift.reason, lift.effective_at) == (
        5_000, "controller@vendor.example", "their CFO agreed", NOW,
    )  # fmt: skip
    assert acts.said(done) == ["The overage cap of C-1 is 5,000 credits."]


@pytest.mark.parametrize("cap", ["-1", "5.5", "many", ""])
def test_a_cap_is_a_whole_number(book: Book, fiona, cap: str):
    page = acts.do(fiona, "lift-cap", "C-1", cap=cap, reason="their CFO agreed")

    assert "cap" in page.context["form"].errors
    assert not CapLift.objects.exists()
