"""Versions before they are published: written, reviewed by somebody else, published (S17, S79)."""

import pytest
from django.db import IntegrityError, transaction

from contracts import rate_cards, rate_drafts, rate_items
from contracts.models import RateCardVersion, RateDraft
from contracts.rate_cards import Item
from creditops.lib import policies
from creditops.lib.refusals import NotFound, Refusal
from tests import cast

pytestmark = pytest.mark.django_db

START, MARCH = cast.at("2026-01-01"), cast.at("2026-03-01")
FIRST = [
    Item("email", 1),
    Item("ai_research", 25),
    Item("llm", kind="pass_through", credit_value="0.05"),
]
PLUS = Item("ai_research_plus", 40, position="vertical", customer_unit="answers")


def draft(**fields) -> RateDraft:
    rate_cards.publish(
        card="gtm", version="1", items=FIRST, effective_from=START, by="Ines", at=START
    )
    usual = {"version": "2", "by": "Ines", "at": START}
    return rate_drafts.start(rate_cards.find("gtm"), **usual | fields)


def test_a_draft_begins_with_the_newest_version_and_prices_nobody():
    made = draft()

    assert rate_drafts.items_of(made)[:2] == [
        Item("email", 1, meter="email"),
        Item("ai_research", 25, meter="ai_research"),
    ]
    assert rate_drafts.items_of(made)[2].credit_value == "0.05"
    assert (made.state, made.authors) == ("draft", ["Ines"])
    assert RateCardVersion.objects.count() == 1


def test_what_another_reviewed_is_published_and_adds_an_item_only():
    """S24: the version has one more action, with its place on the value chain."""
    made = draft()
    rate_drafts.write(made, [*rate_drafts.items_of(made), PLUS], by="Ines", at=START)

    rate_drafts.review(made, by="Fiona", at=START)
    version = rate_drafts.publish(made, effective_from=MARCH, by="Ines", at=START)

    item = version.items.get(item="ai_research_plus")
    assert (item.credits, item.position, item.customer_unit) == (40, "vertical", "answers")
    assert version.items.count() == 4
    stored = RateDraft.objects.get(pk=made.pk)
    assert (stored.state, stored.published, stored.reviewed_by) == ("published", version, "Fiona")


def test_who_wrote_in_a_draft_does_not_review_it():
    made = draft()
    rate_drafts.write(made, [PLUS], by="Sam", at=START)

    for author in ("Ines", "Sam"):
        with pytest.raises(Refusal, match="Another person has to review it"):
            rate_drafts.review(made, by=author, at=START)
    with pytest.raises(Refusal, match="has to review it first"):
        rate_drafts.publish(made, effective_from=MARCH, by="Sam", at=START)
    with (
        pytest.raises(IntegrityError, match="contracts_draft_reviewed_by_another"),
        transaction.atomic(),
    ):
        RateDraft.objects.update(state="reviewed", reviewed_by="Ines", reviewed_at=START)


def test_a_reviewed_draft_that_is_changed_has_to_be_reviewed_again():
    made = draft()
    rate_drafts.review(made, by="Fiona", at=START)

    changed = rate_drafts.write(made, [PLUS], by="Fiona", at=START)

    assert (changed.state, changed.reviewed_by) == ("draft", "")
    with pytest.raises(Refusal, match="You wrote in this draft"):
        rate_drafts.review(made, by="Fiona", at=START)


def test_a_wrong_action_never_stands_in_a_draft():
    made = draft()

    with pytest.raises(Refusal) as refused:
        rate_drafts.write(made, [Item("email", "0.5")], by="Ines", at=START)

    assert refused.value.code == "rate_not_integer"
    assert len(rate_drafts.items_of(RateDraft.objects.get(pk=made.pk))) == 3


def test_the_second_person_may_be_done_without_where_the_setting_says_so():
    made = draft()
    policies.change(
        policies.BOOKS, {"rate_review": "NOBODY"}, effective_at=START, recorded_at=START, by="Ines"
    )

    assert rate_drafts.publish(made, effective_from=MARCH, by="Ines", at=START).version == "2"


def test_what_is_published_or_withdrawn_is_closed():
    made = rate_drafts.withdraw(draft(), by="Ines", at=START)

    with pytest.raises(Refusal, match="is withdrawn and can't be changed"):
        rate_drafts.write(made, [PLUS], by="Ines", at=START)
    with pytest.raises(Refusal, match="has a version '1'"):
        rate_drafts.start(rate_cards.find("gtm"), version="1", by="Ines", at=START)
    with pytest.raises(NotFound):
        rate_drafts.find(made.pk + 1)


def test_what_stands_in_a_draft_is_what_was_written():
    for item in (*FIRST, PLUS, Item("lead", 1_000, outcome=True), Item("crm", 1, actions=2)):
        assert rate_items.read(rate_items.stored(item)) == item


def test_an_outcome_has_a_fixed_price_and_is_no_share_of_revenue():
    """S18: a price of an amount that an event names is refused for outcomes."""
    for share in (
        Item("lead", 1, kind="pack", per=100, property="revenue", outcome=True),
        Item("lead", 1, property="revenue", outcome=True),
    ):
        with pytest.raises(Refusal, match="A share of revenue"):
            rate_items.priced([share])
    with pytest.raises(Refusal, match="write horizontal or vertical"):
        rate_items.priced([Item("lead", 1, position="up")])


def test_a_version_stands_by_its_instant_and_by_those_after_it():
    made = draft()
    rate_drafts.review(made, by="Fiona", at=START)
    rate_drafts.publish(made, effective_from=MARCH, by="Ines", at=START)
    versions = list(rate_cards.find("gtm").versions.all())
    second, first = (version.pk for version in versions)

    assert rate_cards.standing(versions, START) == {first: "in force", second: "to come"}
    assert rate_cards.standing(versions, MARCH) == {first: "retired", second: "in force"}
