"""A class of actions changed by a percentage, before and after (S14)."""

from fractions import Fraction

import pytest

from contracts import repricing
from contracts.rate_items import Item
from contracts.repricing import Class
from creditops.lib.refusals import Refusal

CARD = [
    Item("email", 1),
    Item("phone", 25, unit="DATA_CREDIT"),
    Item("phone eu", 13, unit="DATA_CREDIT"),
    Item("calls", 1, kind="pack", per=1_000, unit="DATA_CREDIT"),
    Item("llm", kind="pass_through", credit_value="0.05", unit="DATA_CREDIT"),
]


def test_a_class_changes_and_the_rest_stays():
    """Clay made data credits 50 to 90 % cheaper."""
    after, changes = repricing.by_percentage(CARD, Class(unit="DATA_CREDIT"), Fraction(-50))

    assert [(c.before.credits, c.after.credits, c.after.per, c.stays) for c in changes] == [
        (25, 13, 1, "rounded to whole credits"),
        (13, 7, 1, "rounded to whole credits"),
        (1, 1, 2_000, ""),
        (None, None, 1, "passed through without markup"),
    ]
    assert after[0] == CARD[0]
    assert [change.pct for change in changes][:3] == [
        Fraction(-48),
        Fraction(-600, 13),
        Fraction(-50),
    ]


def test_no_action_costs_less_than_a_credit():
    [change] = repricing.by_percentage(CARD, Class(contains="EMAIL"), Fraction(-90))[1]

    assert (change.after.credits, change.stays) == (1, "no action costs less than one credit")


def test_packs_stay_exact_when_they_rise():
    [change] = repricing.by_percentage(CARD, Class(contains="calls"), Fraction(10))[1]

    assert (change.after.credits, change.after.per) == (11, 10_000)


def test_a_class_without_actions_or_a_gift_is_refused():
    with pytest.raises(Refusal, match="No action of the card"):
        repricing.by_percentage(CARD, Class(contains="fax"), Fraction(-50))
    with pytest.raises(Refusal, match="from -99 to 10,000"):
        repricing.by_percentage(CARD, Class(), Fraction(-100))
