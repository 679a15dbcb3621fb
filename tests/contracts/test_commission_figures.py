"""What commission comes to: pure arithmetic (C1 to C9, S57, M6)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from contracts import commission_figures
from contracts.commission_figures import Rules, Share, Stretch

USUAL = Rules(rate=Fraction(10), upfront=Fraction(70))
MILLION = 100_000_000


def shares(**pct):
    return [Share(rep, Decimal(part)) for rep, part in pct.items()]


@pytest.mark.parametrize(("pct", "base"), [(50, 500_000_00), (60, 600_000_00), (80, 800_000_00)])
def test_the_base_at_close_is_the_share_of_the_price(pct, base):
    assert commission_figures.upfront_base(MILLION, Fraction(pct)) == base


def test_commission_at_close_is_rounded_once():
    """0.05 x 10 % x 50 % = 0.0025: nothing; 33.33 x 7.5 % x 66.6 % = 1.66483...: 1.66."""
    assert commission_figures.upfront(5, Rules(Fraction(10), Fraction(50))) == 0
    assert commission_figures.upfront(3_333, Rules(Fraction("7.5"), Fraction("66.6"))) == 166


def test_halves_go_as_the_books_round():
    rules = Rules(Fraction(10), Fraction(50))

    assert commission_figures.upfront(50, rules) == 3
    assert commission_figures.upfront(50, rules, "HALF_EVEN") == 2


@pytest.mark.parametrize(
    ("consumed", "final"),
    [(600_000_00, 60_000_00), (1_000_000_00, 100_000_00), (1_200_000_00, 120_000_00), (0, 0)],
)
def test_the_end_of_the_year_follows_consumption(consumed, final):
    assert commission_figures.final(consumed, MILLION, 70_000_00, USUAL) == final


def test_a_cap_bounds_what_is_earned_and_a_floor_what_is_left():
    bounded = Rules(Fraction(10), Fraction(70), cap=Fraction(110), floor=Fraction(50))

    assert commission_figures.final(1_200_000_00, MILLION, 70_000_00, bounded) == 110_000_00
    assert commission_figures.final(100_000_00, MILLION, 70_000_00, bounded) == 50_000_00
    assert commission_figures.earned(100_000_00, MILLION, bounded) == 10_000_00


def test_no_more_than_the_limit_of_what_was_paid_is_taken_back():
    limited = Rules(Fraction(10), Fraction(70), clawback_limit=Fraction(25))

    assert commission_figures.final(0, MILLION, 70_000_00, limited) == 52_500_00
    assert commission_figures.final(0, MILLION, 70_000_00, USUAL) == 0


def test_odd_cents_go_by_largest_remainder_and_ties_to_the_first():
    """A45 with an odd cent; three thirds of 1.00."""
    halves = [Stretch(shares(ann=50, bob=50), 0)]
    thirds = [Stretch(shares(a="33.4", b="33.3", c="33.3"), 0)]

    assert commission_figures.split(5, halves) == {"ann": 3, "bob": 2}
    assert commission_figures.split(100, thirds) == {"a": 34, "b": 33, "c": 33}


def test_owners_share_by_the_value_consumed_in_their_time():
    """C7: Ann had it while 300 were consumed, Bob and Cid half each while 100 were."""
    stretches = [Stretch(shares(ann=100), 300_00), Stretch(shares(bob=50, cid=50), 100_00)]

    assert commission_figures.split(40_00, stretches) == {"ann": 30_00, "bob": 5_00, "cid": 5_00}


def test_overage_earned_its_part_by_value_without_what_was_lost():
    """Ann saw 900 used, Bob 300, 200 of it overage; of 120 it earned 20, half of it lost 10 of 110."""
    stretches = [Stretch(shares(ann=100), 900_00), Stretch(shares(bob=100), 300_00, 200_00)]

    assert commission_figures.of_overage({"ann": 90_00, "bob": 30_00}, stretches) == {
        "ann": 0, "bob": 20_00,
    }  # fmt: skip
    assert commission_figures.of_overage({"bob": 20_00}, stretches, 100_00) == {"bob": 10_00}
    assert commission_figures.of_overage({"cid": 5_00}, stretches) == {"cid": 0}
    assert commission_figures.of_overage({"ann": 7}, [Stretch(shares(ann=100), 0)]) == {"ann": 0}


def test_without_consumption_the_last_owners_have_it():
    stretches = [Stretch(shares(ann=100), 0), Stretch(shares(bob=100), 0)]

    assert commission_figures.split(10, stretches) == {"ann": 0, "bob": 10}


def test_an_estimate_tells_what_a_quote_would_pay():
    found = commission_figures.estimate(MILLION, USUAL)

    assert (found.upfront_base_minor, found.upfront_minor) == (700_000_00, 70_000_00)
    assert (found.held_back_minor, found.full_use_minor) == (30_000_00, 100_000_00)


def test_a_straight_line_adds_up_and_ends():
    """A22: 1,944.44, 1,944.45, 1,944.44 ... and the whole after 36 months."""
    line = [commission_figures.straight_line(70_000_00, 36, n) for n in (-1, 0, 1, 2, 3, 36, 40)]

    assert line == [0, 0, 1_944_44, 3_888_89, 5_833_33, 70_000_00, 70_000_00]


def test_consumption_expenses_its_share_and_never_more_than_the_cost():
    by = [
        commission_figures.by_consumption(70_000_00, MILLION, MILLION * n // 10) for n in (1, 3, 12)
    ]

    assert by == [7_000_00, 21_000_00, 70_000_00]
    assert commission_figures.by_consumption(7, 0, 0) == 7
