"""Quotes by API: drafted, sent, accepted; a customer's own key sees what was sent to it."""

from __future__ import annotations

import pytest

from contracts.models import Contract, QuoteAnswer
from tests import cast, offers
from tests.api.conftest import NOW, caller_with, refused, sign

paper = offers.paper
pytestmark = pytest.mark.usefixtures("paper")


@pytest.fixture
def listed(db):
    """Acme, and $1 = 100 credits with 10 % off from $5,000 on."""
    offers.price_list(effective_from=NOW, at=NOW)
    return cast.customer()


def body(**fields):
    return {"customer": "acme", "years": [{"credits": 1_000}], "starts_on": "2026-02-01", **fields}


def test_a_quote_goes_from_draft_to_contract(caller, listed):
    made = caller.send(
        "quotes",
        body(
            years=[{"credits": 500_000}, {"credits": 600_000, "price": "5000.00"}], installments=4
        ),
    ).json()
    sent = caller.send(f"quotes/{made['id']}/send").json()
    accepted = caller.send(
        f"quotes/{made['id']}/accept", {"name": "Ada", "email": "ada@acme.example"}
    ).json()

    assert (made["status"], made["price"], made["list_price"]) == ("draft", "9500.00", "11000.00")
    assert made["years"] == [
        {"starts_on": "2026-02-01", "months": 12, "credits": 500_000, "price": "4500.00"},
        {"starts_on": "2027-02-01", "months": 12, "credits": 600_000, "price": "5000.00"},
    ]
    assert (sent["status"], sent["reasons"]) == ("in_approval", [
        "The discount is 13.64 % of the list price, and you may give 10 % alone."
    ])  # fmt: skip
    assert accepted["code"] == "quote_not_sent"


def test_an_accepted_quote_names_its_contract(caller, listed):
    made = caller.send("quotes", body()).json()
    caller.send(f"quotes/{made['id']}/send")

    answer = caller.send(
        f"quotes/{made['id']}/accept", {"name": "Ada", "email": "ada@acme.example"}
    ).json()

    contract = Contract.objects.get()
    assert (answer["status"], answer["contract"]) == ("accepted", contract.code)
    assert caller.get(f"quotes/{made['id']}").json() == answer
    assert caller.get("quotes", customer="acme").json()["results"] == [answer]
    assert QuoteAnswer.objects.get().ip_address == "127.0.0.1"


def test_accepted_twice_is_refused(caller, listed):
    made = caller.send("quotes", body()).json()
    caller.send(f"quotes/{made['id']}/send")
    who = {"name": "Ada", "email": "ada@acme.example"}
    caller.send(f"quotes/{made['id']}/accept", who)

    assert refused(caller.send(f"quotes/{made['id']}/accept", who)) == (409, "quote_accepted")
    assert Contract.objects.count() == 1


def test_a_customers_key_sees_and_accepts_what_was_sent_to_it_and_nothing_else(caller, listed):
    draft = caller.send("quotes", body()).json()["id"]
    sent = caller.send("quotes", body()).json()["id"]
    caller.send(f"quotes/{sent}/send")
    own = caller_with("billing:read", "billing:write", name="own", customer=listed)
    others = caller_with(
        "billing:read", "billing:write", name="otto", customer=cast.customer("otto")
    )
    who = {"name": "Ada", "email": "ada@acme.example"}

    assert [q["id"] for q in own.get("quotes").json()["results"]] == [sent]
    assert own.get(f"quotes/{draft}").status_code == 404
    assert refused(own.send("quotes", body())) == (403, "permission_denied")
    assert others.get("quotes").json()["results"] == []
    assert others.send(f"quotes/{sent}/accept", who).status_code == 404
    assert own.send(f"quotes/{sent}/accept", who).status_code == 200


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"years": []}, (422, "quote_without_size")),
        ({"years": [{"credits": 5, "price": "1.001"}]}, (409, "amount_exponent")),
        ({"currency": "EUR"}, (409, "quote_without_price")),
        ({"open_until": "2026-01-01"}, (409, "quote_over")),
        ({"starts_on": "2024-01-01"}, (409, "term_over")),
        ({"installments": 4, "cancellable": True}, (409, "installments_unfit")),
        ({"overage_pct": "101"}, (422, "policy_invalid")),
        ({"rate_card": "nope"}, (404, "not_found")),
        ({"customer": "nobody"}, (404, "not_found")),
        ({"price": "5.00"}, (422, "body_invalid")),
    ],
)
def test_what_cannot_be_offered_is_refused(caller, listed, fields, told):
    assert refused(caller.send("quotes", body(**fields))) == told


def test_a_renewal_is_quoted_by_its_use(caller, listed):
    contract = sign(listed, auto_renew=True)
    cast.send("u1", 4_000, when=cast.at("2026-01-20"), contract="c1")

    made = caller.send("quotes", {"customer": "acme", "renews": "c1"}).json()

    assert (made["renews"], made["credits"], made["price"]) == ("c1", 4_000, "40.00")
    assert refused(caller.send("quotes", {"customer": "acme", "renews": "c1"})) == (
        409, "renewal_quoted",
    )  # fmt: skip
    assert contract.code == "c1"


def test_a_list_of_quotes_takes_as_many_statements_as_one(caller, listed):
    caller.send("quotes", body())
    one = caller.queries("quotes")
    caller.send("quotes", body())
    caller.send("quotes", body())

    assert caller.queries("quotes") == one


def test_a_contract_is_begun_by_hand_only_when_it_may_be(caller, listed):
    begun = sign(listed)
    coming = sign(listed, "c2", starts_on=cast.at("2026-06-01").date())
    unpaid = sign(listed, "c3", cancellable=True)

    assert refused(caller.send(f"contracts/{begun.code}/activate")) == (409, "contract_active")
    assert refused(caller.send(f"contracts/{coming.code}/activate")) == (409, "term_not_begun")
    assert refused(caller.send(f"contracts/{unpaid.code}/activate")) == (
        409, "activation_waits_for_payment",
    )  # fmt: skip
