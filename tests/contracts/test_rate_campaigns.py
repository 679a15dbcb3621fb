"""Customers are asked which of two rates they want: offered, reminded, defaulted, forced (R2, S55)."""

from datetime import timedelta

import pytest
from django.core import mail

from accounts import people
from accounts.models import Membership
from contracts import choice_effects, rate_campaigns, rate_cards
from contracts.models import RateCampaign
from contracts.rate_cards import Item
from creditops.lib import outbox
from creditops.lib.refusals import Refusal
from ledger import rate_choices
from ledger.models import RateChoice
from tests import cast

pytestmark = pytest.mark.django_db

START, APRIL, MAY, JUNE = (cast.at(f"2026-0{month}-01") for month in (1, 4, 5, 6))
OLD = [Item("email", 5), Item("research", 25)]
NEW = [*OLD, Item("research_plus", 40)]


def sold(code: str, **terms):
    buyer = cast.customer(code)
    people.add_member(
        email=f"ada@{code}.example",
        name="Ada",
        customer=buyer,
        role=Membership.Role.ADMIN,
        at=START,
    )
    return cast.sign(buyer, code=f"{code}-1", rate_card=rate_cards.find("gtm"), **terms)


@pytest.fixture
def market(db):
    """Acme and Beta follow the card; Cato's rates are locked to the version without the successor."""
    rate_cards.publish(
        card="gtm", version="1", items=OLD, effective_from=START, by="Ines", at=START
    )
    made = {code: sold(code) for code in ("acme", "beta")}
    made["cato"] = sold("cato", rate_lock_until=JUNE)
    rate_cards.publish(
        card="gtm", version="2", items=NEW, effective_from=APRIL, by="Ines", at=APRIL
    )
    return made


def offer(**fields) -> RateCampaign:
    usual = {
        "item": "research",
        "successor": "research_plus",
        "answer_by": MAY,
        "by": "Ines",
        "at": APRIL,
    }
    return rate_campaigns.offer(rate_cards.find("gtm"), **usual | fields)


def letters() -> list[tuple[str, list[str]]]:
    """What was written about choices; invoices have letters of their own."""
    return [(str(sent.subject), sent.to) for sent in mail.outbox if "choice" in sent.subject]


def priced(key, code, when) -> int:
    return cast.send(
        key, 1, meter="research", customer=code, contract=f"{code}-1", when=when
    ).credits


def test_one_customer_stays_and_one_moves(market):
    """S54, S55: 25 credits for who stays, 40 for who moves; who, what and when are recorded."""
    campaign = offer()
    assert [each.holder.code for each in rate_campaigns.asked(campaign, APRIL)] == [
        "acme-1",
        "beta-1",
    ]

    rate_campaigns.answer(campaign, market["acme"].holder, to="research", by="ada@acme", at=APRIL)
    rate_campaigns.answer(
        campaign, market["beta"].holder, to="research_plus", by="ada@beta", at=APRIL
    )

    later = APRIL + timedelta(days=1)
    assert (priced("a", "acme", later), priced("b", "beta", later), priced("c", "cato", later)) == (
        25,
        40,
        25,
    )
    assert [
        (each.holder.code, each.choice.chosen_by, each.moved(campaign))
        for each in rate_campaigns.asked(campaign, later)
    ] == [("acme-1", "ada@acme", False), ("beta-1", "ada@beta", True)]


def test_who_does_not_answer_is_reminded_and_stays_on_record(market):
    campaign = offer()
    rate_campaigns.answer(campaign, market["acme"].holder, to="research_plus", by="Ada", at=APRIL)
    outbox.relay(APRIL)
    first = letters()
    mail.outbox.clear()

    cast.run_due(MAY)
    outbox.relay(MAY)

    assert first == [
        ("Your choice: research or research_plus", ["ada@acme.example"]),
        ("Your choice: research or research_plus", ["ada@beta.example"]),
    ]
    assert (
        letters()
        == [("Reminder: Your choice: research or research_plus", ["ada@beta.example"])] * 2
    )
    [beta] = RateChoice.objects.filter(holder=market["beta"].holder)
    assert (beta.chosen_item, beta.chosen_by, beta.effective_at) == (
        "research", rate_campaigns.BY_DEFAULT, MAY,
    )  # fmt: skip
    assert RateCampaign.objects.get().closed_at == MAY
    assert priced("b", "beta", MAY + timedelta(days=1)) == 25


def test_an_action_that_ends_asks_everybody_by_itself_and_nobody_is_moved(market):
    """R2: 30 days' notice; the choice acts when the action ends, and until then nothing changes."""
    rate_cards.publish(
        card="gtm", version="3", items=[NEW[0], NEW[2]], effective_from=MAY, by="Ines", at=APRIL
    )
    campaign = RateCampaign.objects.get()
    assert (campaign.kind, campaign.answer_by) == ("retirement", MAY)

    rate_campaigns.answer(
        campaign, market["acme"].holder, to="research_plus", by="Ada", at=APRIL + timedelta(days=2)
    )
    cast.run_due(MAY)

    assert priced("a1", "acme", MAY - timedelta(days=1)) == 25
    assert priced("a2", "acme", MAY) == 40
    assert (
        cast.send("b", 1, meter="research", customer="beta", contract="beta-1", when=MAY).code
        == "no_rate"
    )
    waiting = [
        each.holder.code for each in rate_campaigns.asked(campaign, MAY) if not each.answered
    ]
    assert waiting == ["beta-1"]
    assert RateCampaign.objects.get().closed_at is None


def test_only_what_is_asked_can_be_answered_and_only_by_whom(market):
    campaign = offer()

    with pytest.raises(Refusal, match="Choose research or research_plus"):
        rate_campaigns.answer(campaign, market["acme"].holder, to="email", by="Ada", at=APRIL)
    with pytest.raises(Refusal, match="asks nothing of cato-1"):
        rate_campaigns.answer(campaign, market["cato"].holder, to="research", by="Carl", at=APRIL)
    with pytest.raises(Refusal, match="being asked about 'research' already"):
        offer()
    with pytest.raises(Refusal, match="no action of gtm"):
        offer(successor="fax")
    closed = rate_campaigns.close(campaign, at=APRIL)
    with pytest.raises(Refusal, match="is closed"):
        rate_campaigns.answer(closed, market["acme"].holder, to="research", by="Ada", at=APRIL)
    assert RateChoice.objects.filter(chosen_by=rate_campaigns.BY_DEFAULT).count() == 2


def test_a_campaign_leaves_time_to_answer(market):
    with pytest.raises(Refusal, match="Leave customers time"):
        offer(answer_by=APRIL)


def test_the_effect_of_moving_is_told_on_the_customers_own_use(market):
    """S54: 25 to 40 credits is 15 more a question, at the customer's own price."""
    for number in range(4):
        priced(f"q{number}", "acme", APRIL + timedelta(days=number))
    campaign = offer(at=APRIL + timedelta(days=5))

    effect = choice_effects.of(
        campaign, market["acme"].holder, to="research_plus", at=APRIL + timedelta(days=5)
    )

    assert (effect.stay.credits_after, effect.move.credits_after) == (100, 160)
    assert (effect.more_credits, effect.more_minor) == (60, 60)
    assert choice_effects.price_of(effect.stay, 25) == "$0.25"
    assert choice_effects.of(campaign, market["beta"].holder, to="research_plus", at=MAY) is None


def test_a_choice_through_another_door_answers_too(market):
    campaign = offer()

    rate_choices.choose(
        market["beta"].holder, item="research", to="research_plus", effective_at=APRIL, by="key:shop",
        at=APRIL,
    )  # fmt: skip

    assert [each.answered for each in rate_campaigns.asked(campaign, APRIL)] == [False, True]
