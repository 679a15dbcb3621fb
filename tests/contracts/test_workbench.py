"""From cost and value to base credit, multiples, margins, tiers (S19 to S21)."""

from fractions import Fraction

import pytest

from contracts import action_values, workbench
from contracts.workbench import Action, Goal
from creditops.lib.refusals import NotFound, Refusal
from tests import cast

CENT = Fraction(1, 100)
CATALOGUE = [
    Action("email", CENT / 4, Fraction(1, 10)),
    Action("phone", 6 * CENT, Fraction(2)),
    Action("research", 10 * CENT, Fraction(1)),
]


def told(bench):
    return [(line.action.name, line.credits, line.per, line.price) for line in bench.lines]


def test_the_cheapest_action_is_the_base_credit_and_the_others_are_multiples():
    """A quarter of a cent at 75 % margin is a cent: $1 = 100 credits, and an email is one."""
    bench = workbench.propose(CATALOGUE, Goal(margin_pct=Fraction(75)))

    assert (bench.ratio, bench.base) == (100, "email")
    assert told(bench) == [
        ("email", 1, 1, CENT),
        ("phone", 24, 1, 24 * CENT),
        ("research", 40, 1, 40 * CENT),
    ]
    assert [line.margin_pct for line in bench.lines] == [75, 75, 75]
    assert [(line.share_pct, line.dear) for line in bench.lines] == [
        (Fraction(10), False), (Fraction(12), False), (Fraction(40), True),
    ]  # fmt: skip


def test_whole_credits_keep_the_margin_at_least():
    bench = workbench.propose(
        [Action("a", CENT), Action("b", Fraction(7, 300))], Goal(Fraction(50))
    )

    assert bench.ratio == 50
    assert [(line.credits, line.margin_pct) for line in bench.lines] == [
        (1, 50), (3, Fraction(550, 9)),
    ]  # fmt: skip


def test_at_a_given_ratio_what_is_cheaper_than_a_credit_becomes_a_pack():
    """1,000 API calls = 1 credit, in a round number that keeps the margin."""
    bench = workbench.propose(
        [Action("calls", Fraction(1, 400_000))], Goal(Fraction(50), ratio=100)
    )

    assert told(bench) == [("calls", 1, 2_000, Fraction(1, 200_000))]


def test_purchases_are_told_in_actions():
    """S21: $5,000 are 500,000 credits, which are 12,500 questions."""
    bench = workbench.propose(CATALOGUE, Goal(margin_pct=Fraction(75)))

    [tier] = workbench.tiers(bench, [Fraction(5_000)])

    assert tier.credits == 500_000
    assert tier.buys == [("email", 500_000), ("phone", 20_833), ("research", 12_500)]


def test_what_costs_nothing_known_is_priced_by_its_value():
    bench = workbench.propose([Action("lead", None, Fraction(1_000))], Goal(share_pct=Fraction(1)))

    assert (bench.lines[0].price, bench.lines[0].margin_pct) == (Fraction(10), None)


def test_a_bench_needs_something_known_and_a_goal_that_can_be_reached():
    with pytest.raises(Refusal, match="at least one action"):
        workbench.propose([Action("a", None)], Goal())
    with pytest.raises(Refusal, match="below 100"):
        workbench.propose(CATALOGUE, Goal(margin_pct=Fraction(100)))


@pytest.mark.django_db
def test_the_catalogue_keeps_what_is_known_of_an_action():
    cast.sign_books()
    action_values.describe(name="email", cost="0.0025", worth="0.1", position="horizontal")
    action_values.describe(name="email", cost="0.003", worth="")

    assert action_values.actions(cast.START) == [Action("email", Fraction(3, 1_000), None)]
    with pytest.raises(Refusal, match="below zero"):
        action_values.describe(name="fax", cost="-1")
    action_values.forget("email")
    with pytest.raises(NotFound):
        action_values.forget("email")
