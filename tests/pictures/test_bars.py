"""Columns by day, rows by feature and person."""

from __future__ import annotations

from datetime import date, timedelta

from creditops.pictures import bars
from creditops.pictures.bars import Day, Row
from tests.pictures.reading import labels, said, table, tree

FIRST = date(2026, 3, 1)


def test_columns_say_the_sum_and_the_highest_day():
    days = [Day(FIRST + timedelta(days=n), credits) for n, credits in enumerate((10, 1_250, 0))]

    figure = bars.columns(days, title="Credits by day")

    assert said(figure) == "Credits by day. 1,260 credits, most from 2 Mar 2026: 1,250."
    assert table(figure)[1:] == [["1 Mar 2026", "10"], ["2 Mar 2026", "1,250"], ["3 Mar 2026", "0"]]


def test_a_day_without_use_has_no_column():
    days = [Day(FIRST, 10), Day(FIRST + timedelta(days=1), 0)]

    wide = next(tree(bars.columns(days, title="")).iter("svg"))

    assert len(list(wide.iter("rect"))) == 1


def test_rows_stand_largest_first_with_shares_that_never_pass_a_hundred():
    figure = bars.rows([Row("Search", 1), Row("Translation", 2)], title="By feature")

    assert table(figure)[1:] == [
        ["Translation", "2", "66.6 %"],
        ["Search", "1", "33.3 %"],
    ]


def test_the_rest_stands_last_however_large_it_is():
    figure = bars.rows(
        [Row("9 others", 60, is_rest=True), Row("Ada", 30), Row("Otto", 10)], title=""
    )

    assert table(figure)[1:] == [
        ["Ada", "30", "30.0 %"], ["Otto", "10", "10.0 %"], ["9 others", "60", "60.0 %"],
    ]  # fmt: skip


def test_a_share_too_small_to_write_is_not_nothing():
    figure = bars.rows([Row("Big", 99_999), Row("Small", 1)], title="")

    assert "1 · < 0.1 %" in labels(figure)


def test_a_long_name_is_cut_in_the_drawing_and_whole_in_the_table():
    name = "a feature with a name of more than thirty-four letters"

    figure = bars.rows([Row(name, 1)], title="")

    assert "a feature with a name of more tha…" in labels(figure)
    assert table(figure)[1][0] == name


def test_names_are_text_and_never_markup():
    figure = bars.rows([Row("<script>alert(1)</script>", 1)], title="")

    assert "<script>" not in figure
    assert table(figure)[1][0] == "<script>alert(1)</script>"


def test_no_use_is_said():
    nothing = '<p class="picture-empty">Nothing was used in this time.</p>'

    assert bars.rows([Row("Search", 0)], title="") == nothing
    assert bars.columns([Day(FIRST, 0)], title="") == nothing
