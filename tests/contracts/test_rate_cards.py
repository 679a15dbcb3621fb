"""Credit-to-product: published versions, immutable, priced by event time (R1, R2, S19, S20)."""

import pytest

from contracts import rate_cards
from contracts.models import RateCard, RateCardVersion, RateItem
from contracts.rate_cards import Item
from creditops.lib.calendar import TICK
from creditops.lib.refusals import NotFound, Refusal
from ledger import tariffs
from ledger.models import Meter, Rate, Tariff
from tests import cast

pytestmark = pytest.mark.django_db

START, MARCH = cast.at("2026-01-01"), cast.at("2026-03-01")
FIRST = [Item("email", 1), Item("phone", 20), Item("ai_research", 25)]
SECOND = [Item("email", 1), Item("phone", 20), Item("ai_research", 40), Item("video", 30)]


def publish(items=FIRST, version="1", when=START, **fields) -> RateCardVersion:
    usual = {"card": "gtm", "effective_from": when, "by": "Fiona", "at": when}
    return rate_cards.publish(items=items, version=version, **usual | fields)


def priced(key: str, meter: str, *, when, time=None) -> int:
    outcome = cast.send(key, 1, meter=meter, when=when, time=time, contract="c1")
    assert outcome.status == "applied"
    return outcome.credits


def test_a_version_is_published_down_as_a_tariff_with_the_same_prices():
    """S53: the ledger rates by the tariff alone."""
    pack = Item("words", 2, kind="pack", per=1_000, unit="ACTION", customer_unit="1,000 words")

    made = publish([pack])

    [rate] = made.tariff.rates.all()
    assert (made.tariff.name, made.tariff.version) == ("gtm", "1")
    assert (rate.item, rate.credits, rate.per, rate.unit.code) == ("words", 2, 1_000, "ACTION")
    assert rate.meter == Meter.objects.get(code="words")
    assert made.items.get().customer_unit == "1,000 words"


@pytest.mark.parametrize("wrong", ["0.5", 0.5, 0, -1, True, None])
def test_a_rate_is_a_positive_whole_number_of_credits(wrong):
    """S20: RATE_NOT_INTEGER names each wrong item, and nothing is published."""
    with pytest.raises(Refusal) as refused:
        publish([Item("email", 1), Item("image", wrong), Item("video", wrong)])

    assert refused.value.code == "rate_not_integer"
    paths = [problem.path for problem in refused.value.problems]
    assert paths == ["items[1].credits", "items[2].credits"]
    assert not RateCard.objects.exists()
    assert not Tariff.objects.exists()
    assert not Meter.objects.filter(code="email").exists()


@pytest.mark.parametrize(
    "item", [Item("calls", 1, per=1_000), Item("calls", 1, kind=Rate.Kind.PACK, per=0)]
)
def test_only_packs_have_a_size_and_it_is_positive(item):
    """R4."""
    with pytest.raises(Refusal) as refused:
        publish([item])

    assert refused.value.code == "rate_not_integer"
    assert refused.value.problems[0].path == "items[0].per"


@pytest.mark.parametrize(
    "items",
    [
        [Item("email", 1), Item("email", 2)],
        [Item("email", 1), Item("mail", 2, meter="email")],
        [
            Item("big", 1, meter="tokens", property="out", match={"model": "l", "region": "eu"}),
            Item("large", 2, meter="tokens", property="out", match={"region": "eu", "model": "l"}),
        ],
    ],
    ids=["one name twice", "two names for one meter", "two names for one property"],
)
def test_nothing_is_priced_twice_on_one_card(items):
    with pytest.raises(Refusal) as refused:
        publish(items)

    assert refused.value.code == "rate_item_twice"
    assert not RateCard.objects.exists()


def test_one_action_may_cost_credits_of_two_units():
    """S13, R5: data credits and actions side by side."""
    made = publish([Item("lookup", 2, unit="DATA"), Item("lookup", 1, unit="ACTION")])

    assert set(made.items.values_list("unit__code", "credits")) == {("DATA", 2), ("ACTION", 1)}


def test_a_card_without_actions_is_refused():
    with pytest.raises(Refusal) as refused:
        publish([])

    assert refused.value.code == "rate_card_empty"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"version": "1"}, "tariff_exists"),
        ({"version": "2", "effective_from": START}, "tariff_in_the_past"),
    ],
)
def test_a_published_version_is_neither_replaced_nor_put_before_now(fields, code):
    """R1: what was rated yesterday stays rated by what was in force yesterday."""
    publish()

    with pytest.raises(Refusal) as refused:
        publish(SECOND, when=MARCH, **fields)

    assert refused.value.code == code
    assert RateItem.objects.count() == 3


@pytest.mark.parametrize(
    ("items", "codes"),
    [
        ([Item("calls", 1, kind=Rate.Kind.PACK, per=1_000), Item("image", 2), Item("video", 30)], []),
        ([Item("image", 2), Item("video", 30)], ["CHEAPEST_ACTION_IS_NOT_ONE_CREDIT"]),
    ],
)  # fmt: skip
def test_one_credit_should_be_one_unit_of_the_cheapest_action(items, codes):
    """S20, A30."""
    card = publish(items).card

    assert [code for code, _ in rate_cards.warnings(card)] == codes


def test_a_new_version_prices_events_from_its_instant_on_whenever_they_arrive():
    """R1, T8: an event is rated by its own time, not by that of its arrival."""
    card = publish().card
    cast.sign(rate_card=card)
    publish(SECOND, "2", MARCH)

    assert priced("before", "ai_research", when=cast.at("2026-03-02"), time=MARCH - TICK) == 25
    assert priced("at", "ai_research", when=cast.at("2026-03-02"), time=MARCH) == 40


def test_a_rate_lock_keeps_the_version_of_the_signature_until_its_end_exclusive():
    """R1, S53: the vendor's card moves, the contract's does not."""
    card = publish().card
    lock = cast.at("2026-06-01")
    cast.sign(rate_card=card, rate_lock_until=lock)
    publish(SECOND, "2", MARCH)

    when = cast.at("2026-06-02")
    assert priced("locked", "ai_research", when=when, time=lock - TICK) == 25
    assert priced("free", "ai_research", when=when, time=lock) == 40


def test_a_new_version_changes_no_balance_no_block_and_no_contract():
    """R2, S24, A17: 25 to 40 credits per query; the price of a credit stays what was agreed."""
    contract = cast.sign(rate_card=publish().card)
    before = cast.journal(START)

    publish(SECOND, "2", MARCH)

    assert cast.left(contract, MARCH) == 100_000
    assert cast.journal(MARCH) == before
    assert contract.holder.tariffs.filter(customer_id=contract.customer_id).count() == 1


def test_a_feature_added_to_the_card_is_sold_from_the_same_pool():
    """S4, S24: no contract change is needed for it."""
    contract = cast.sign(rate_card=publish().card)
    publish(SECOND, "2", MARCH)

    priced("film", "video", when=MARCH)

    assert cast.left(contract, MARCH) == 99_970


def test_the_newest_version_gives_the_warnings_and_a_card_is_found_by_its_code():
    publish([Item("image", 2)])
    publish([Item("image", 2), Item("call", 1)], "2", MARCH)

    assert rate_cards.warnings(rate_cards.find("gtm")) == []
    assert tariffs.current("gtm", START).version == "1"
    assert tariffs.current("gtm", MARCH).version == "2"
    with pytest.raises(NotFound):
        rate_cards.find("nope")
