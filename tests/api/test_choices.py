"""`/contracts/{contract}/choices`: what was chosen, and what has to be."""

import pytest

from contracts import rate_campaigns, rate_cards
from contracts.rate_cards import Item
from ledger.models import RateChoice
from tests.api.conftest import caller_with, refused, sign
from tests.cast import START, at, customer

CHOICE = {"item": "research", "to": "research_plus", "chosen_by": "Ada"}


@pytest.fixture
def contract(db):
    """Acme's contract c1 on a card with two models, of which one ends in May."""
    old, plus = Item("research", 25), Item("research_plus", 40)
    for version, items, start in (("v1", [old, plus], START), ("v2", [plus], at("2026-05-01"))):
        rate_cards.publish(
            card="std", version=version, items=items, effective_from=start, by="Sam", at=START
        )
    return sign(customer(), rate_card=rate_cards.find("std"))


def test_a_choice_is_recorded_with_who_and_when(caller, contract):
    answer = caller.send("contracts/c1/choices", CHOICE)

    assert answer.status_code == 201
    made = {
        "item": "research",
        "to": "research_plus",
        "effective_at": "2026-02-01T12:00:00Z",
        "recorded_at": "2026-02-01T12:00:00Z",
        "chosen_by": "Ada",
    }
    assert answer.json() == made
    assert caller.get("contracts/c1/choices").json() == {
        "choices": [made], "open_questions": [], "open_campaigns": [],
    }  # fmt: skip


def test_an_action_that_ends_is_asked_about(caller, contract):
    assert caller.get("contracts/c1/choices").json() == {
        "choices": [],
        "open_questions": [
            {
                "item": "research",
                "ends_at": "2026-05-01T00:00:00Z",
                "offered": ["research_plus"],
            }
        ],
        "open_campaigns": [],
    }


def test_open_campaigns_are_listed_with_the_answer_to_each(caller, contract):
    rate_campaigns.offer(
        rate_cards.find("std"), item="research", successor="research_plus", message="faster",
        answer_by=at("2026-04-01"), by="Mara", at=at("2026-02-01"),
    )  # fmt: skip
    asked = caller.get("contracts/c1/choices").json()["open_campaigns"]
    caller.send("contracts/c1/choices", CHOICE)
    [answered] = caller.get("contracts/c1/choices").json()["open_campaigns"]

    assert asked == [
        {
            "item": "research",
            "successor": "research_plus",
            "kind": "offer",
            "message": "faster",
            "opened_at": "2026-02-01T00:00:00Z",
            "answer_by": "2026-04-01T00:00:00Z",
            "chosen": None,
        }
    ]
    assert answered == asked[0] | {"chosen": "research_plus"}


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"to": "nothing"}, 409, "item_not_on_card"),
        ({"effective_at": "2026-01-01T00:00:00Z"}, 409, "choice_in_the_past"),
        ({"item": None}, 422, "body_invalid"),
    ],
)
def test_what_cannot_be_chosen_is_refused(caller, contract, fields, status, code):
    assert refused(caller.send("contracts/c1/choices", CHOICE | fields)) == (status, code)

    assert not RateChoice.objects.exists()


def test_ottos_key_does_not_see_the_contract(contract):
    otto = caller_with("billing:write", "billing:read", customer=customer("otto"))

    assert refused(otto.send("contracts/c1/choices", CHOICE)) == (404, "not_found")
    assert refused(otto.get("contracts/c1/choices")) == (404, "not_found")
