"""Statements of account: everything charged and paid, in order, with a running balance."""

from datetime import date

import pytest

from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import (
    account_statements,
    ad_hoc,
    credit_notes,
    payments,
    refunds,
    seller,
    tax_rates,
    voids,
)
from invoicing.ad_hoc import Item
from tests import cast, papers

pytestmark = pytest.mark.django_db

JAN, FEB, MAR = cast.START, cast.at("2026-02-10"), cast.at("2026-03-20")


def issued(buyer, minor, when, source, **fields):
    made = ad_hoc.issue(
        buyer, [Item(minor, credits=minor)], currency="USD", source=source, by="Fiona", at=when,
        **fields,
    )  # fmt: skip
    return made.invoice


def paid(invoice, minor, when, reference):
    payments.record(
        invoice, amount_minor=minor, currency="USD", method="transfer", reference=reference,
        by="Fiona", at=when,
    )  # fmt: skip


@pytest.fixture
def acme():
    """$100 of January paid, $50 of February partly; a credit note of $20 refunded; a void invoice."""
    seller.define(name="Lumen", country="US")
    tax_rates.define(country="US", rate_pct="0", source="nothing is due", at=JAN)
    policies.change(
        policies.BOOKS, {"money_alone_up_to": "1000.00"}, effective_at=JAN, recorded_at=JAN, by="F"
    )
    buyer = cast.customer(country="US", language="en")
    first = issued(buyer, 10_000, JAN, "a")
    paid(first, 10_000, cast.at("2026-01-15"), "wire 1")
    second = issued(buyer, 5_000, FEB, "b", due_on=date(2026, 3, 1))
    paid(second, 2_000, cast.at("2026-02-20"), "wire 2")
    note = credit_notes.credit(first, credits=2_000, by="Fiona", reason="less", at=FEB)
    refunds.pay(note, by="Fiona", at=cast.at("2026-02-25"))
    voids.void(issued(buyer, 700, MAR, "c"), by="Fiona", reason="wrong", at=MAR)
    issued(cast.customer("otto"), 99_900, JAN, "d")
    return buyer


def stated(buyer, first="2026-02-01", last="2026-03-31"):
    return account_statements.of(
        buyer, "USD", first=date.fromisoformat(first), last=date.fromisoformat(last), at=MAR
    )


def test_the_balance_runs_through_everything_in_order(acme):
    found = stated(acme)

    assert found.opening_minor == 0
    assert [(e.on.isoformat(), e.key, e.charged_minor, e.paid_minor) for e in found.entries] == [
        ("2026-02-10", "invoice", 5_000, 0),
        ("2026-02-10", "credit_note", 0, 2_000),
        ("2026-02-20", "payment_of", 0, 2_000),
        ("2026-02-25", "refund_of", 2_000, 0),
        ("2026-03-20", "invoice", 700, 0),
        ("2026-03-20", "void_of", 0, 700),
    ]
    assert found.closing_minor == 3_000


def test_what_came_before_is_the_opening_balance(acme):
    assert stated(acme, first="2026-01-10", last="2026-01-20").opening_minor == 10_000
    assert stated(acme, first="2026-02-15").opening_minor == 3_000


def test_what_is_open_is_told_by_its_age(acme):
    ages = dict(stated(acme).open_by_age)

    assert ages["Overdue 1–30 days"] == 3_000
    assert sum(ages.values()) == 3_000


def test_it_is_printed_with_the_running_balance(acme):
    text = papers.text(account_statements.paper(stated(acme), at=MAR))

    for part in (
        "Statement of account",
        "Period 1 Feb 2026 – 31 Mar 2026",
        "To be paid USD 30.00",
        "10 Feb 2026 Invoice INV-2026-000002 50.00 50.00",
        "20 Feb 2026 Payment, wire 2 20.00 10.00",
        "20 Mar 2026 Void of INV-2026-000003 7.00 30.00",
        "Overdue 1–30 days 30.00",
    ):
        assert part in text


def test_more_lines_than_anybody_reads_are_asked_for_in_parts(acme, monkeypatch):
    monkeypatch.setattr(account_statements, "LINES_MAX", 5)

    with pytest.raises(Refusal) as refused:
        stated(acme)

    assert refused.value.code == "statement_too_long"


def test_a_customer_without_documents_has_an_account_of_nothing():
    buyer = cast.customer("new", language="fr")

    found = stated(buyer)

    assert (found.opening_minor, found.closing_minor, list(found.entries)) == (0, 0, [])
    assert account_statements.currencies(buyer) == []
    assert "Rien n’est dû" in papers.text(account_statements.paper(found, at=MAR))
