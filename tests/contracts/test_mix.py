"""What a mix of actions comes to: the arithmetic of calculators, quotes and studies (R3 to R5)."""

from fractions import Fraction

import pytest

from contracts import mix
from contracts.mix import Rated
from creditops.lib.refusals import Refusal

CARD = [
    Rated("email", 5),
    Rated("email", 1, unit="ACTION"),
    Rated("api_calls", 1, per=1_000, kind="pack"),
    Rated("research", 25),
]
CENT = Fraction(1, 100)


def test_a_mix_draws_each_unit_of_each_action():
    """R5: an action may draw two units, each is summed up on its own."""
    assert mix.credits(CARD, {"email": 10, "research": 4}) == {"CREDIT": 150, "ACTION": 10}
    assert [(line.item, line.unit, line.credits) for line in mix.draws(CARD, {"email": 10})] == [
        ("email", "CREDIT", 50),
        ("email", "ACTION", 10),
    ]


def test_packs_are_rounded_down_once_per_action():
    """R4: 1,999 calls at 1 credit per 1,000 draw one credit, the rest carries over."""
    assert mix.credits(CARD, {"api_calls": 1_999}) == {"CREDIT": 1}


def test_the_effective_price_of_an_action_is_exact():
    """S54: 25 credits at a cent are $0.25; a single API call is a thousandth of a cent."""
    assert mix.effective_price(CARD[3], CENT) == Fraction(1, 4)
    assert mix.effective_price(CARD[2], CENT) == Fraction(1, 100_000)


def test_what_is_not_on_the_card_or_less_than_nothing_is_refused():
    with pytest.raises(Refusal, match="'fax' is no action"):
        mix.credits(CARD, {"fax": 1})
    with pytest.raises(Refusal, match="0 or more"):
        mix.credits(CARD, {"email": -1})


def test_flat_fees_and_licences_are_no_usage():
    card = [*CARD, Rated("seat", 100, kind="licence"), Rated("sso", 5_000, kind="flat")]

    assert mix.usage_actions(card) == CARD
