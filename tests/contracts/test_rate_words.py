"""What actions cost, in the customer's words."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Customer
from contracts import agreements, rate_cards, rate_words
from contracts.models import Contract, RateItem
from contracts.rate_cards import Item
from contracts.rate_words import Action
from ledger import balances, rate_choices
from ledger.models import CreditUnit, Meter, Rate, RateChoice
from tests import cast
from tests.cast import START, at

Kind = Rate.Kind
NOW = at("2026-03-01 12:00")


def sign(customer: Customer, **terms) -> Contract:
    """A contract that follows the card "standard"."""
    wanted = {
        "code": f"{customer.code}-1", "starts_on": date(2026, 1, 1), "credits": 10_000,
        "price_minor": 10_000, "currency": "USD", "time_zone": "UTC",
        "rate_card": rate_cards.find("standard"),
    }  # fmt: skip
    return agreements.sign(customer, agreements.Terms(**wanted | terms), by="Sam", at=START)


@pytest.fixture
def acme(db: None) -> Contract:
    """Acme's contract: documents are translated at 3 credits per 1,000 words."""
    item = Item(
        "document_translation", 3, kind=Kind.PACK, per=1_000, customer_unit="words translated"
    )
    rate_cards.publish(
        card="standard", version="1", items=[item], effective_from=START, by="Sam", at=START,
        name="Standard rates",
    )  # fmt: skip
    return sign(cast.customer("acme"))


def item(**fields) -> RateItem:
    usual = {"item": "lead_enrichment", "credits": 2, "per": 1, "kind": Kind.FIXED}
    return RateItem(
        **{**usual, **fields}, meter=Meter(name="Lead enrichment"), unit=CreditUnit(name="Credits")
    )


@pytest.mark.parametrize(
    ("fields", "costs", "per"),
    [
        ({}, "2 credits", "each"),
        ({"credits": 1, "customer_unit": "leads"}, "1 credit", "each (leads)"),
        ({"kind": Kind.PACK, "per": 1_000}, "2 credits", "1,000 lead enrichment"),
        (
            {"kind": Kind.PACK, "per": 1_000, "property": "context_tokens"},
            "2 credits",
            "1,000 context tokens",
        ),
        (
            {"kind": Kind.PACK, "per": 1_000, "customer_unit": "words translated"},
            "2 credits",
            "1,000 words translated",
        ),
        ({"kind": Kind.LICENCE, "period_months": 1}, "2 credits", "user and month"),
        ({"kind": Kind.FLAT, "credits": 5_000}, "5,000 credits", "year"),
    ],
)
def test_an_action_costs_credits_for_what_the_customer_counts(fields: dict, costs: str, per: str):
    action = rate_words.action(item(**fields))

    assert (action.name, action.costs, action.per) == ("Lead enrichment", costs, per)


def test_an_action_says_what_narrows_it():
    assert rate_words.item_name(item(match={"model": "large"})) == "Lead enrichment (model large)"


def card_of(contract: Contract) -> rate_words.Card:
    """The rate card of a contract's only pool."""
    (pool,) = balances.pools_of(contract.holder)
    return rate_words.cards([pool], NOW)[pool.id]


def test_the_card_in_force_is_shown_with_its_actions(acme: Contract):
    card = card_of(acme)

    assert (card.name, card.version, card.locked_until) == ("Standard rates", "1", None)
    assert card.actions == [Action("Document translation", "3 credits", "1,000 words translated")]


def test_a_newer_version_replaces_it_unless_it_is_locked(acme: Contract):
    locked = sign(cast.customer("locked"), rate_lock_until=at("2026-12-31"))
    rate_cards.publish(
        card="standard", version="2", items=[Item("document_translation", 4)],
        effective_from=at("2026-02-01"), by="Sam", at=START,
    )  # fmt: skip

    following = card_of(acme)
    kept = card_of(locked)

    assert (following.version, following.actions[0].costs) == ("2", "4 credits")
    assert (kept.version, kept.locked_until) == ("1", at("2026-12-31"))


def test_a_customers_choice_is_shown_beside_its_action(acme: Contract):
    RateChoice.objects.create(
        customer_id=acme.customer_id, holder=acme.holder, item="document_translation",
        chosen_item="fast_translation", effective_at=START, recorded_at=START, chosen_by="Ada",
    )  # fmt: skip

    card = card_of(acme)

    assert card.actions[0].chosen == "Fast translation"


def test_a_card_is_told_in_one_sentence(acme: Contract):
    assert str(card_of(acme)) == (
        "Standard rates, version 1: Document translation 3 credits for 1,000 words translated"
    )


@pytest.mark.parametrize(
    ("fields", "language", "told"),
    [
        ({}, "en", "Lead enrichment 2 credits each"),
        ({"position": "vertical"}, "en", "Lead enrichment (vertical) 2 credits each"),
        (
            {"position": "horizontal", "match": {"model": "large"}},
            "en",
            "Lead enrichment (model large, horizontal) 2 credits each",
        ),
        ({"position": "vertical"}, "de", "Lead enrichment (vertikal) 2 Credits je Aktion"),
    ],
)
def test_a_sentence_says_the_place_on_the_value_chain_where_it_is_given(fields, language, told):
    """S11: invoices tell rates in these sentences."""
    assert str(rate_words.action(item(**fields), language=language)) == told


def test_of_a_long_card_the_first_dozen_actions_are_told():
    each = Action("Lead", "1 credit", "each (leads)", by_each=True)

    told = str(rate_words.Card("Long", "1", None, [each] * 14))

    assert told.count("Lead 1 credit each (leads)") == 12
    assert told.endswith("; and 2 more")


def test_an_action_that_ends_is_told_with_what_may_be_chosen(acme: Contract):
    later = [
        Item("plain_translation", 2, kind=Kind.PACK, per=1_000),
        Item("careful_translation", 5, kind=Kind.PACK, per=1_000),
    ]
    rate_cards.publish(
        card="standard", version="2", items=later, effective_from=at("2026-05-01"), by="Sam", at=NOW
    )
    pools = balances.pools_of(acme.holder)

    (card,) = rate_words.cards(pools, NOW).values()

    assert list(card.ending) == [
        rate_words.Ending(
            "Document translation", date(2026, 4, 30), "Plain translation or Careful translation"
        )
    ]
    rate_choices.choose(
        acme.holder, item="document_translation", to="plain_translation",
        effective_at=at("2026-05-01"), by="Ada", at=NOW,
    )  # fmt: skip
    (card,) = rate_words.cards(pools, NOW).values()
    assert list(card.ending) == []
