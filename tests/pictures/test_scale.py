"""Axes: round figures and plain days."""

from __future__ import annotations

from datetime import date

import pytest

from creditops.pictures import scale


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 80_000, [0, 20_000, 40_000, 60_000, 80_000]),
        (0, 1, [0, 1]),
        (-1_500, 20_000, [-10_000, 0, 10_000, 20_000]),
        (0, 95, [0, 50, 100]),
    ],
)
def test_ticks_are_round_and_hold_the_whole_range(low: int, high: int, expected: list[int]):
    assert scale.ticks(low, high) == expected


@pytest.mark.parametrize(
    ("number", "words"),
    [(950, "950"), (1_500, "1.5k"), (12_000, "12k"), (2_500_000, "2.5M"), (-10_000, "-10k")],
)
def test_numbers_on_an_axis_are_short(number: int, words: str):
    assert scale.short(number) == words


def test_a_short_time_is_labelled_by_weeks():
    labels = scale.day_labels(date(2026, 3, 1), date(2026, 3, 30), 5)

    assert [words for _, words in labels] == ["1 Mar", "8 Mar", "15 Mar", "22 Mar", "29 Mar"]


def test_a_year_is_labelled_by_months_with_the_year_where_it_changes():
    labels = scale.day_labels(date(2026, 2, 1), date(2027, 1, 31), 7)

    assert [words for _, words in labels] == ["Mar 2026", "May", "Jul", "Sep", "Nov", "Jan 2027"]


def test_days_lie_evenly_between_both_ends():
    x = scale.days(date(2026, 1, 1), date(2026, 1, 11), 0, 100)

    assert [x.of_day(date(2026, 1, day)) for day in (1, 6, 11)] == [0, 50, 100]
