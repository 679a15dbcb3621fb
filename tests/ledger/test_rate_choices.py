"""The old model at the old rate or the improved one at the new: the customer chooses (R1, R2, S55)."""

from datetime import timedelta

import pytest

from contracts import rate_cards
from contracts.rate_cards import Item
from creditops.lib.refusals import Refusal
from ledger import corrections, explain, rate_choices
from ledger.models import RateChoice
from tests import cast

pytestmark = pytest.mark.django_db

OLD, PLUS, MAIL = Item("research", 25), Item("research_plus", 40), Item("mail", 1)
APRIL, MAY = cast.at("2026-04-01"), cast.at("2026-05-01")
JUNE = cast.at("2026-06-01")


def publish(version, *items, when=cast.START, effective_from=None):
    rate_cards.publish(
        card="std", version=version, items=items, effective_from=effective_from or when,
        by="Sam", at=when,
    )  # fmt: skip


@pytest.fixture
def contract():
    """Acme's contract on a card with both models."""
    publish("v1", OLD, PLUS, MAIL)
    return cast.sign(rate_card=rate_cards.find("std"))


def choose(contract, to="research_plus", *, item="research", when=APRIL, **fields):
    usual = {"effective_at": when, "by": "Ada", "at": when}
    return rate_choices.choose(contract.holder, item=item, to=to, **usual | fields)


def drawn(key, *, when, meter="research"):
    return cast.report(cast.usage(key, 2, meter=meter), when=when).outcomes[0]


def test_no_choice_is_to_stay(contract):
    assert drawn("u1", when=APRIL).credits == 50


def test_from_its_instant_on_the_choice_prices(contract):
    choose(contract)

    before = cast.report(
        cast.usage("u1", 2, meter="research", time=APRIL - cast.SECOND), when=APRIL
    ).outcomes[0]

    assert (before.credits, drawn("u2", when=APRIL).credits) == (50, 80)


def test_the_newest_choice_counts_back_to_the_old_rate_too(contract):
    choose(contract)
    choose(contract, "research", when=MAY)

    assert (drawn("u1", when=APRIL).credits, drawn("u2", when=MAY).credits) == (80, 50)


def test_an_event_tells_the_rate_that_priced_it_and_is_corrected_by_it(contract):
    choose(contract)
    event = explain.find(drawn("u1", when=APRIL).uid)

    corrections.correct_quantity(event, quantity=1, by="Fiona", reason="typo", at=APRIL)

    assert [rate.item for rate in explain.rates(event)] == ["research_plus"]
    assert explain.credits(event) == 40


def test_an_action_that_ends_asks_for_a_choice_and_has_no_price_without_one(contract):
    publish("v2", PLUS, MAIL, when=APRIL, effective_from=MAY)

    (question,) = rate_choices.open_questions(contract.holder, APRIL)

    assert (question.item, question.ends_at) == ("research", MAY)
    assert question.offered == ["research_plus", "mail"]
    assert drawn("u1", when=MAY - cast.SECOND).credits == 50
    assert drawn("u2", when=MAY).code == "no_rate"


def test_who_has_chosen_goes_on_under_the_old_name(contract):
    publish("v2", PLUS, MAIL, when=APRIL, effective_from=MAY)
    choose(contract, effective_at=MAY)

    assert rate_choices.open_questions(contract.holder, APRIL) == []
    assert drawn("u1", when=MAY).credits == 80


def test_a_choice_for_a_successor_holds_through_the_next_one(contract):
    """One choice leads to the next: research -> research_plus -> mail."""
    choose(contract)
    choose(contract, "mail", item="research_plus", when=MAY)

    assert drawn("u1", when=MAY).credits == 2


def test_an_action_does_not_end_without_notice(contract):
    """R2: thirty days."""
    with pytest.raises(Refusal) as refused:
        publish("v2", PLUS, MAIL, when=APRIL, effective_from=MAY - timedelta(days=1))

    assert refused.value.code == "retirement_without_notice"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"effective_at": APRIL - cast.SECOND}, "choice_in_the_past"),
        ({"to": "nothing"}, "item_not_on_card"),
        ({"item": "nothing"}, "item_not_on_card"),
        ({"effective_at": JUNE}, "choice_exists"),
    ],
)
def test_what_cannot_be_chosen_is_refused(contract, fields, code):
    choose(contract, effective_at=JUNE)

    with pytest.raises(Refusal) as refused:
        choose(contract, **fields)

    assert refused.value.code == code
    assert RateChoice.objects.count() == 1
