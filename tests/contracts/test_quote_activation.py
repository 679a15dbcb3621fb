"""Accepted quotes become contracts: all that was agreed, once, or nothing of it."""

from datetime import date

import pytest

from contracts import agreements, quote_activation, quotes, term_ends, termination
from contracts.agreements import LaterTerm
from contracts.models import AgreedTerm, Contract, Quote, ScheduledCharge
from contracts.quote_terms import Year
from creditops.close import reconciliations
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import deferral, owed
from invoicing.models import Invoice
from ledger import grants, holders, posting
from ledger.models import Block, Holder, JournalEntry, Term
from tests import cast, offers
from tests.offers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("paper")]
paper = offers.paper

START, END = cast.START, cast.END
WRITTEN = (Contract, Holder, Term, Block, ScheduledCharge, AgreedTerm)


def accepted(buyer=None, **wanted) -> Contract:
    version = offers.offered(buyer, **wanted)
    offers.accept(version)
    quote = Quote.objects.get(pk=version.quote_id)
    assert quote.waits_because == ""
    made = quote_activation.made_of(quote)
    assert made is not None
    return made


@pytest.fixture(autouse=True)
def _price_list():
    offers.price_list()


def test_everything_that_was_agreed_is_in_force():
    contract = accepted(
        bonus_credits=5_000, rollover="PARTIAL", rollover_pct="50", overage_pct="15",
        enforcement="HARD", payment_terms_days=45, auto_renew=True, is_default=True,
        price_lock_on=date(2026, 7, 1), contract_name="Acme main",
    )  # fmt: skip

    known = policies.in_force([policies.contract_scope(contract.code)], NOW)
    assert [known[name] for name in ("rollover", "rollover_pct", "overage_pct", "enforcement")] == [
        "PARTIAL", "50", "15", "HARD",
    ]  # fmt: skip
    assert (contract.name, contract.signed_by, contract.due_on, contract.auto_renew) == (
        "Acme main", f"Ada ({contract.quote.code}/1)", date(2026, 2, 15), True,
    )  # fmt: skip
    assert (contract.holder.is_default, contract.locked_price.credits_per_currency_unit) == (
        True, 100,
    )  # fmt: skip
    assert cast.left(contract, NOW) == 105_000


def test_an_activation_that_fails_leaves_the_acceptance_and_nothing_else(monkeypatch):
    buyer = cast.customer()
    version = offers.offered(buyer)
    before = [model.objects.count() for model in WRITTEN]

    def fails(*args, **kwargs):
        raise Refusal("grant_too_large", "So many credits can't be kept.")

    with monkeypatch.context() as broken:
        broken.setattr(grants, "issue", fails)
        offers.accept(version)

    quote = Quote.objects.get()
    assert quote.waits_because == "So many credits can't be kept."
    assert [model.objects.count() for model in WRITTEN] == before
    made = quote_activation.activate(quote, at=NOW)
    assert (cast.left(made, NOW), Quote.objects.get().waits_because) == (100_000, "")


def test_a_quote_becomes_one_contract():
    contract = accepted()

    with pytest.raises(Refusal) as refused:
        quote_activation.activate(contract.quote, at=NOW)

    assert refused.value.detail == f"{contract.quote} became {contract.code} already."
    assert Contract.objects.count() == 1


def test_a_quote_that_nobody_accepted_becomes_nothing():
    version = offers.offered()

    with pytest.raises(Refusal) as refused:
        quote_activation.activate(version.quote, at=NOW)

    assert refused.value.code == "quote_not_accepted"


def test_two_default_contracts_of_a_customer_never_overlap():
    buyer = cast.customer()
    first = accepted(buyer, is_default=True)
    version = offers.offered(buyer, is_default=True, starts_on=date(2026, 6, 1))

    offers.accept(version)

    assert Quote.objects.get(pk=version.quote_id).waits_because == (
        f"{first} is the default contract of Acme in that time already, and usage that names no "
        "contract can go to one only. Let this one begin later, or don't make it the default."
    )
    after = offers.offered(buyer, is_default=True, starts_on=date(2027, 1, 1))
    offers.accept(after)
    assert Quote.objects.get(pk=after.quote_id).waits_because == ""


def test_a_ramp_goes_from_year_to_year_as_agreed_whatever_was_used():
    """Access follows the commitment of each year; what is left rolls over once; overage is at its price."""
    contract = accepted(
        years=(Year(100_000, 100_000), Year(150_000, 120_000), Year(200_000, 140_000))
    )
    cast.send("u1", 40_000, when=cast.at("2026-06-01"), contract=contract.code)

    cast.run_due(END)

    assert cast.left(contract, END) == 60_000 + 150_000
    cast.send("u2", 220_000, when=cast.at("2027-06-01"), contract=contract.code)
    cast.run_due(cast.at("2028-01-01"))
    assert cast.left(contract, cast.at("2028-01-01")) == 200_000
    assert [
        (i.issue_date, [(line.kind, line.amount_minor) for line in i.lines.all()])
        for i in Invoice.objects.order_by("id")
    ] == [
        (date(2026, 1, 1), [("COMMITMENT", 100_000)]),
        (date(2027, 1, 1), [("COMMITMENT", 120_000)]),
        (date(2028, 1, 1), [("OVERAGE", 8_000), ("COMMITMENT", 140_000)]),
    ]
    cast.run_due(cast.at("2029-01-01"))
    assert agreements.find(contract.code).status == Contract.Status.ENDED


def test_after_the_last_year_of_a_ramp_the_use_proposes_and_before_it_nothing_does():
    contract = accepted(years=(Year(100_000, 100_000), Year(150_000, 120_000)), auto_renew=True)
    cast.send("u1", 40_000, when=cast.at("2026-06-01"), contract=contract.code)
    cast.send("u2", 90_000, when=cast.at("2027-06-01"), contract=contract.code)

    cast.run_due(cast.at("2028-01-01"))

    assert [(p.term.number, p.credits) for p in contract.proposals.all()] == [(2, 90_000)]
    assert list(ScheduledCharge.objects.order_by("id").values_list("credits", "amount_minor")) == [
        (100_000, 100_000),
        (150_000, 120_000),
        (90_000, 72_000),
    ]


def test_an_early_end_ends_the_years_that_were_agreed_after_it():
    contract = accepted(years=(Year(100_000, 100_000), Year(150_000, 120_000)))
    termination.terminate(
        contract, end=cast.at("2026-07-01"), by="Sam", reason="moved", at=cast.at("2026-06-01")
    )
    cast.run_due(cast.at("2027-06-01"))

    assert contract.holder.terms.filter(customer_id=contract.customer_id).count() == 1


def test_installments_are_invoiced_by_and_by_and_owed_from_the_begin():
    """V3: the term has begun and can't be cancelled: only time has to pass, so all of it is owed."""
    contract = accepted(years=(Year(100_000, 100_001),), installments=4, payment_terms_days=10)
    cast.send("u1", 60_000, when=cast.at("2026-03-01"), contract=contract.code)

    cast.run_due(cast.at("2026-12-01"))

    assert [(i.issue_date, i.due_date, i.total_minor) for i in Invoice.objects.order_by("id")] == [
        (date(2026, 1, 1), date(2026, 1, 11), 25_001),
        (date(2026, 4, 1), date(2026, 4, 11), 25_000),
        (date(2026, 7, 1), date(2026, 7, 11), 25_000),
        (date(2026, 10, 1), date(2026, 10, 11), 25_000),
    ]
    assert cast.journal(cast.at("2026-12-01")) == [
        "2026-01-01 JE-02 debit 1100 250.01, credit 2100 250.01",
        "2026-01-01 JE-35 debit 1150 250.00, credit 2100 250.00",
        "2026-01-01 JE-35 debit 1150 250.00, credit 2100 250.00",
        "2026-01-01 JE-35 debit 1150 250.00, credit 2100 250.00",
        "2026-03-01 JE-05 debit 2100 600.01, credit 4000 600.01",
        "2026-04-01 JE-02 debit 1100 250.00, credit 2100 250.00",
        "2026-04-01 JE-36 debit 2100 250.00, credit 1150 250.00",
        "2026-07-01 JE-02 debit 1100 250.00, credit 2100 250.00",
        "2026-07-01 JE-36 debit 2100 250.00, credit 1150 250.00",
        "2026-10-01 JE-02 debit 1100 250.00, credit 2100 250.00",
        "2026-10-01 JE-36 debit 2100 250.00, credit 1150 250.00",
    ]


def test_the_close_and_its_reports_know_what_is_owed_and_not_invoiced():
    accepted(years=(Year(100_000, 100_001),), installments=4)
    when = cast.at("2026-05-10")
    cast.run_due(when)
    posting.run(when)

    found = reconciliations.of(date(2026, 1, 1), date(2026, 3, 31), known_at=when)

    assert {each.code: each.difference for each in found} == dict.fromkeys(
        [
            "deferred",
            "unbilled",
            "receivables",
            "refunds",
            "entitlements",
            "commissions",
            "clawback",
            "contract_costs",
            "events",
        ],
        0,
    )
    assert sum(owed.unbilled(date(2026, 3, 31), known_at=when).values()) == 75_000
    assert sum(owed.unbilled(date(2026, 4, 1), known_at=when).values()) == 50_000
    assert deferral.contracted_minor(date(2026, 3, 31), known_at=when) == []


def test_installments_of_a_term_to_come_are_owed_when_it_begins():
    contract = accepted(starts_on=date(2026, 3, 1), installments=2, payment_terms_days=90)
    cast.run_due(cast.at("2026-02-15"))
    assert cast.journal(cast.at("2026-02-15")) == []

    cast.run_due(cast.at("2026-03-01"))

    assert cast.journal(cast.at("2026-03-01")) == [
        "2026-03-01 JE-02 debit 1100 500.00, credit 2100 500.00",
        "2026-03-01 JE-35 debit 1150 500.00, credit 2100 500.00",
    ]
    assert cast.left(contract, cast.at("2026-03-01")) == 100_000


def test_the_years_of_a_ramp_are_paid_in_installments_each():
    accepted(years=(Year(100, 1_000), Year(200, 2_000)), installments=2)

    cast.run_due(cast.at("2027-12-01"))

    assert [(i.issue_date, i.total_minor) for i in Invoice.objects.order_by("id")] == [
        (date(2026, 1, 1), 500), (date(2026, 7, 1), 500),
        (date(2027, 1, 1), 1_000), (date(2027, 7, 1), 1_000),
    ]  # fmt: skip


def renewal(contract, *, when, **wanted):
    term = contract.holder.terms.filter(customer_id=contract.customer_id).last()
    terms = offers.terms(**{"starts_on": date(2027, 1, 1), **wanted})
    version = quotes.draft(
        contract.customer, terms, open_until=date(2027, 3, 1), by=offers.SAM, at=when,
        renews=contract, renews_term=term.number,
    )  # fmt: skip
    assert not offers.send(version, when=when).waits
    return version


def test_a_renewal_by_quote_has_the_figures_that_were_accepted():
    contract = accepted()
    cast.send("u1", 60_000, when=cast.at("2026-06-01"), contract=contract.code)
    when = cast.at("2026-11-01")
    version = renewal(
        contract, when=when, years=(Year(80_000, 80_000, 80_000),), bonus_credits=1_000,
        overage_pct="10", installments=2,
    )  # fmt: skip

    offers.accept(version, when=when)
    cast.run_due(END)

    assert cast.left(contract, END) == 40_000 + 80_000 + 1_000
    assert contract.holder.terms.filter(customer_id=contract.customer_id).count() == 2
    known = policies.in_force([policies.contract_scope(contract.code)], END)
    assert known["overage_pct"] == "10"
    charges = ScheduledCharge.objects.filter(term__number=2).order_by("id")
    assert [(c.kind, c.credits, c.amount_minor) for c in charges] == [
        ("COMMITMENT", 40_000, 40_000), ("COMMITMENT", 40_000, 40_000), ("BONUS", 1_000, 0),
    ]  # fmt: skip


def test_a_renewal_that_follows_the_use_is_stated_at_the_end():
    """O5, S49: what was accepted by 50,000 is signed at the 60,000 of the whole term."""
    contract = accepted()
    cast.send("u1", 50_000, when=cast.at("2026-06-01"), contract=contract.code)
    when = cast.at("2026-11-01")
    version = renewal(contract, when=when, years=(Year(50_000, 50_000),), follows_usage=True)
    offers.accept(version, when=when)
    cast.send("u2", 10_000, when=cast.at("2026-12-01"), contract=contract.code)

    cast.run_due(END)

    assert ScheduledCharge.objects.last().credits == 60_000
    assert cast.left(contract, END) == 40_000 + 60_000


def test_a_renewal_is_signed_once():
    contract = accepted()
    cast.send("u1", 60_000, when=cast.at("2026-06-01"), contract=contract.code)
    when = cast.at("2026-11-01")
    version = renewal(contract, when=when, years=(Year(80_000, 80_000),))
    offers.accept(version, when=when)

    with pytest.raises(Refusal) as refused:
        term_ends.sign_renewal(agreements.find(contract.code), by="Sam", at=when)

    assert refused.value.detail == (
        f"The next term of {contract} was agreed already. Cancel that first, or wait for it to begin."
    )


def test_a_renewal_that_was_signed_is_not_quoted_beside_it():
    contract = accepted()
    cast.send("u1", 60_000, when=cast.at("2026-06-01"), contract=contract.code)
    when = cast.at("2026-11-01")
    version = renewal(contract, when=when, years=(Year(80_000, 80_000),))
    term_ends.sign_renewal(agreements.find(contract.code), by="Sam", at=when)

    offers.accept(version, when=when)

    assert "was agreed already" in Quote.objects.get(pk=version.quote_id).waits_because
    assert not AgreedTerm.objects.exists()


def test_a_renewal_quote_of_a_term_that_is_over_comes_too_late():
    contract = accepted(auto_renew=True)
    cast.send("u1", 60_000, when=cast.at("2026-06-01"), contract=contract.code)
    version = renewal(contract, when=cast.at("2026-11-01"), years=(Year(80_000, 80_000),))

    offers.accept(version, when=cast.at("2027-01-02"))

    assert Quote.objects.get(pk=version.quote_id).waits_because == (
        f"The quote is for what follows term 1 of {contract}, and that has begun already."
    )


def test_within_the_grace_a_quote_saves_what_was_frozen():
    """L13: the new term begins where the old one ended, on the terms that were accepted."""
    buyer = cast.customer()
    policies.change(
        policies.BOOKS, {"reinstatement_grace_days": 30}, effective_at=NOW, recorded_at=NOW, by="F"
    )
    contract = accepted(buyer)
    cast.send("u1", 60_000, when=cast.at("2026-06-01"), contract=contract.code)
    cast.run_due(cast.at("2027-01-10"))
    when = cast.at("2027-01-15")
    version = renewal(contract, when=when, years=(Year(70_000, 70_000),))

    offers.accept(version, when=when)

    assert cast.left(contract, when) == 40_000 + 70_000
    assert contract.holder.terms.get(customer_id=buyer.pk, number=2).starts_at == END


def test_a_contract_may_be_signed_with_its_later_years_without_a_quote():
    contract = cast.sign(later_terms=[LaterTerm(50_000, 40_000)])
    cast.run_due(END)

    assert cast.left(contract, END) == 100_000 + 50_000
    assert holders.find("c1").terms.filter(customer_id=contract.customer_id).count() == 2


def test_the_books_stay_balanced_after_a_ramp_with_installments_and_a_bonus():
    contract = accepted(
        years=(Year(100_000, 99_999), Year(50_000, 33_333)), installments=12, bonus_credits=777
    )
    cast.send("u1", 150_000, when=cast.at("2027-02-01"), contract=contract.code)

    cast.run_due(cast.at("2028-02-01"))

    assert JournalEntry.objects.filter(recipe="JE-36").count() == 22
    assert cast.breaches(cast.at("2028-02-01")) == []
