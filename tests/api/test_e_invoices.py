"""Documents of EN 16931 by API: the XML, or what it lacks."""

from __future__ import annotations

import pytest

from creditops.lib import money
from invoicing import ad_hoc, credit_notes, seller, tax_rates
from invoicing.ad_hoc import Item
from tests import cast
from tests.api.conftest import Caller, caller_with, refused
from tests.e_invoices import faults, texts

START = cast.START


@pytest.fixture
def invoice(db):
    """Of Acme in Germany, $100.00 and 19 %."""
    seller.define(name="Northlight", country="DE", vat_id="DE136695976")
    tax_rates.define(country="DE", rate_pct="19", at=START)
    buyer = cast.customer(country="DE", legal_name="Acme & Söhne")
    made = ad_hoc.issue(
        buyer, [Item(10_000, credits=100)], currency="USD", source="a", by="Fiona", at=START
    )
    return made.invoice


def test_an_invoice_is_downloaded_as_a_valid_e_invoice(caller: Caller, invoice):
    answer = caller.get(f"invoices/{invoice.number}/factur-x.xml")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml"
    assert faults(answer.content) == []
    assert texts(answer.content, "GrandTotalAmount") == ["119.00"]


def test_its_id_leads_there_too(caller: Caller, invoice):
    by_id = caller.get(f"invoices/{invoice.pk}").json()

    assert by_id["number"] == invoice.number
    assert caller.get(f"invoices/{by_id['id']}/factur-x.xml").status_code == 200
    assert caller.get("invoices/" + "9" * 30).status_code == 404


def test_a_credit_note_is_downloaded_too(caller: Caller, invoice):
    note = credit_notes.credit(invoice, credits=40, by="Fiona", reason="less", at=START)

    answer = caller.get(f"credit-notes/{note.number}/factur-x.xml")

    assert faults(answer.content) == []
    assert texts(answer.content, "TypeCode")[0] == "381"


def test_what_is_missing_is_named(caller: Caller, invoice):
    seller.define(vat_id="", country="")
    made = ad_hoc.issue(
        invoice.customer, [Item(100)], currency="USD", source="b", by="Fiona", at=START
    )

    answer = caller.get(f"invoices/{made.invoice.number}/factur-x.xml")

    assert refused(answer) == (409, "e_invoice_incomplete")
    assert "The seller has no country (BR-09)." in answer.json()["detail"]


def test_three_decimals_are_refused(caller: Caller, invoice, monkeypatch):
    monkeypatch.setitem(money._EXPONENTS, "USD", 3)

    answer = caller.get(f"invoices/{invoice.number}/factur-x.xml")

    assert refused(answer) == (409, "en16931_decimals")


def test_another_customers_key_does_not_find_it(invoice):
    otto = caller_with("billing:read", customer=cast.customer("otto"))

    assert otto.get(f"invoices/{invoice.number}/factur-x.xml").status_code == 404
    assert otto.get(f"invoices/{invoice.pk}").status_code == 404
