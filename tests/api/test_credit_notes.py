"""Voids, credit notes, refunds and write-offs by API: the vendor's own programs only."""

from __future__ import annotations

import pytest

from accounts.models import ApiKey
from creditops.lib import policies
from invoicing.models import CreditNote, InvoiceVoid, Refund
from ledger import holders
from tests import cast
from tests.api.conftest import Caller, caller_with, refused

END = cast.END


@pytest.fixture
def invoice(db):
    """Acme's 1,000 credits for $10.00, not paid."""
    holder = holders.pay_as_you_go(cast.customer(), cast.START)
    return cast.buy(holder, when=cast.START, pay="invoice", expires_at=END).invoice


def credit(caller: Caller, invoice, **body):
    body = {"reason": "not needed", **body}
    return caller.send(f"invoices/{invoice.number}/credit-notes", body)


def test_unused_credits_are_credited_and_the_note_is_listed(caller, invoice):
    answer = credit(caller, invoice, credits=400)

    assert answer.status_code == 201
    note = answer.json()
    assert (note["number"], note["total"], note["status"]) == ("CN-2026-000001", "4.00", "paid")
    assert note["lines"] == [
        {"invoice_line": 1, "text": "400 credits, line 1 of the invoice", "credits": 400,
         "amount": "4.00"},
    ]  # fmt: skip
    assert caller.get("credit-notes", customer="acme").json()["results"] == [note]
    assert caller.get(f"credit-notes/{note['number']}").json() == note
    assert caller.get(f"invoices/{invoice.number}").json()["open"] == "6.00"


def test_a_list_of_notes_takes_as_many_statements_as_one(caller, invoice):
    credit(caller, invoice, credits=1)
    one = caller.queries("credit-notes")
    credit(caller, invoice, credits=1)

    assert caller.queries("credit-notes") == one


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"credits": 1_001}, (409, "credits_consumed")),
        ({"lines": [2]}, (409, "line_unknown")),
        ({}, (422, "credits_or_lines")),
        ({"credits": 1, "lines": [1]}, (422, "credits_or_lines")),
        ({"credits": 0}, (422, "body_invalid")),
        ({"lines": []}, (422, "body_invalid")),
        ({"credits": "4"}, (422, "body_invalid")),
    ],
)
def test_what_cannot_be_credited_is_refused(caller, invoice, body, told):
    assert refused(credit(caller, invoice, **body)) == told
    assert not CreditNote.objects.exists()


def test_an_untouched_invoice_is_made_void(caller, invoice):
    answer = caller.send(f"invoices/{invoice.number}/void", {"reason": "wrong customer"})

    assert (answer.json()["status"], answer.json()["open"]) == ("void", "0.00")
    again = caller.send(f"invoices/{invoice.number}/void", {"reason": "again"})
    assert refused(again) == (409, "not_untouched")


def test_a_refund_waits_for_a_second_person_where_the_key_may_not_do_it_alone(caller, invoice):
    caller.send(
        f"invoices/{invoice.number}/payments",
        {"amount": "10.00", "currency": "USD", "reference": "wire"},
    )
    number = credit(caller, invoice, credits=400).json()["number"]

    asked = caller.send(f"credit-notes/{number}/refund").json()

    assert (asked["open"], asked["waits_for_approval"] is None) == ("4.00", False)
    assert not Refund.objects.exists()
    own = caller.send(f"approvals/{asked['waits_for_approval']}/approve", {})
    assert refused(own) == (409, "approval_own")
    other = caller_with(ApiKey.Scope.ADMIN, name="finance")
    done = other.send(f"approvals/{asked['waits_for_approval']}/approve", {}).json()
    assert done["done"] == f"4.00 USD of {number} are paid back."
    assert refused(caller.send(f"credit-notes/{number}/refund")) == (409, "nothing_to_refund")


def test_a_keys_own_limit_lets_it_write_off_alone(caller, invoice):
    policies.change(
        "key:product", {"money_alone_up_to": "10"}, effective_at=cast.START,
        recorded_at=cast.START, by="Carla", approved_by="Otto",
    )  # fmt: skip
    cast.send("u", 300, when=cast.at("2026-01-05"))

    done = caller.send(f"invoices/{invoice.number}/write-off", {"reason": "insolvent"}).json()

    assert (done["loss"], done["credit_note"]["total"]) == ("3.00", "7.00")
    assert done["invoice"]["status"] == "written_off"


def test_a_customers_own_key_takes_nothing_back(invoice):
    own = caller_with(ApiKey.Scope.BILLING_WRITE, name="theirs", customer=invoice.customer)

    for path, body in (
        ("void", {"reason": "x"}), ("credit-notes", {"credits": 1, "reason": "x"}),
        ("write-off", {"reason": "x"}),
    ):  # fmt: skip
        answer = own.send(f"invoices/{invoice.number}/{path}", body)
        assert refused(answer) == (403, "permission_denied")
    assert not CreditNote.objects.exists()
    assert not InvoiceVoid.objects.exists()
