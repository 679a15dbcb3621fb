"""The picture of a balance over time."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from creditops.pictures import burndown
from creditops.pictures.burndown import Burndown, Outlook, Point, Step
from tests.pictures.reading import classes, labels, said, table, tree

FIRST = date(2026, 1, 1)


def days(*balances: int) -> list[Point]:
    return [Point(FIRST + timedelta(days=n), balance) for n, balance in enumerate(balances)]


def test_it_says_when_credits_run_out_and_when_the_term_ends():
    shown = Burndown(
        days(100, 90, 80),
        outlook=Outlook(Fraction(10), date(2026, 1, 31)),
        term_end=date(2026, 1, 31),
    )

    figure = burndown.draw(shown)

    assert said(figure) == (
        "Balance of credits over time. From 100 on 1 Jan 2026 to 80 on 3 Jan 2026. "
        "At this rate they run out on 11 Jan 2026. The term ends on 31 Jan 2026."
    )
    assert "runs out 11 Jan" in labels(figure)
    assert "term ends 31 Jan 2026" in labels(figure)


def test_it_says_when_credits_last_to_the_end():
    shown = Burndown(days(100, 99), outlook=Outlook(Fraction(1), date(2026, 1, 31)))

    figure = burndown.draw(shown)

    assert said(figure).endswith("At this rate they last until 31 Jan 2026.")
    assert "run-out" not in classes(figure)


def test_it_predicts_nothing_without_use():
    figure = burndown.draw(Burndown(days(100, 100), outlook=Outlook(Fraction(0), FIRST)))

    assert said(figure).endswith("to 100 on 2 Jan 2026.")


def test_overage_lies_below_zero_in_its_own_colour():
    figure = burndown.draw(Burndown(days(20, 10, -5, -15)))

    assert {"line", "line-overage", "area-overage"} <= classes(figure)
    assert "-20" in labels(figure)


def test_a_balance_that_never_went_below_zero_shows_no_overage():
    assert "line-overage" not in classes(burndown.draw(Burndown(days(20, 10, 0))))


def test_credits_that_come_in_are_steps_with_their_names():
    steps = [Step(date(2026, 1, 3), 500, "Top-up")]

    figure = burndown.draw(Burndown(days(100, 90, 590), unit="AI credits", steps=steps))

    hints = {title.text for title in tree(figure).iter("title")}
    assert hints == {"3 Jan 2026: +500 AI credits, Top-up"}


def test_thresholds_are_lines_with_their_words():
    figure = burndown.draw(Burndown(days(100, 40), levels=[(50, "50 % used"), (20, "80 % used")]))

    assert {"50 % used", "80 % used"} <= set(labels(figure))


def test_a_level_outside_the_picture_is_left_out():
    assert "far" not in labels(burndown.draw(Burndown(days(100, 40), levels=[(9_000, "far")])))


def test_the_table_of_a_year_is_short_and_ends_today():
    figure = burndown.draw(Burndown(days(*range(1_000, 635, -1))))

    rows = table(figure)
    assert rows[0] == ["Day", "Balance in credits"]
    assert rows[-1] == ["31 Dec 2026", "636"]
    assert len(rows) <= 41


def test_nothing_to_draw_is_said():
    assert burndown.draw(Burndown([])) == '<p class="picture-empty">Nothing to draw yet.</p>'
