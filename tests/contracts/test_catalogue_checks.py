"""What is worth a second look in a catalogue (S20, S22, S23)."""

from fractions import Fraction

from contracts import catalogue_checks
from contracts.catalogue_checks import Asked

MANY = [Asked("fixed", 1), Asked("fixed", 25)]
ONE = Fraction(100)


def codes(mode, actions, ratios=(ONE,)):
    return [code for code, _ in catalogue_checks.warnings(mode, actions, ratios)]


def test_the_cheapest_action_costs_one_credit():
    assert codes("multi", MANY) == []
    assert codes("multi", [Asked("fixed", 2), Asked("fixed", 30)]) == [
        "CHEAPEST_ACTION_IS_NOT_ONE_CREDIT"
    ]
    assert codes("multi", [Asked("pack", 1, 1_000), Asked("fixed", 2)]) == []


def test_where_one_credit_buys_one_output_every_action_costs_one():
    """S22: Audible. Flat fees and licences beside it are no outputs."""
    assert codes("single", [Asked("fixed", 1), Asked("fixed", 1), Asked("licence", 100)]) == []
    assert codes("single", MANY) == ["SINGLE_OUTPUT_IS_NOT_ONE_CREDIT"]


def test_both_sides_are_never_complex():
    """S23: many rates need $1 = 100 credits; one rate may have a table of prices."""
    assert codes("multi", MANY, [ONE, Fraction(120)]) == ["BOTH_SIDES_COMPLEX"]
    assert codes("multi", MANY, [Fraction(1_000, 7)]) == ["BOTH_SIDES_COMPLEX"]
    assert codes("multi", [Asked("fixed", 1)], [ONE, Fraction(120)]) == []
