"""Before and after, two bars each."""

from creditops.pictures import pairs
from creditops.pictures.pairs import Pair

SHOWN = [Pair("Acme", 300, 600, "$3.00", "$6.00"), Pair("Beta & Co", 200, 100, "$2.00", "$1.00")]


def test_each_pair_has_a_bar_before_and_one_after_and_what_grows_is_marked():
    drawn = pairs.draw(SHOWN, title="The largest changes", empty="Nothing.")

    assert drawn.count('class="bar-before"') == 2 * 3  # in three widths
    assert drawn.count('class="bar-over"') == 3
    assert "$3.00 → $6.00" in drawn
    assert "Of 2 shown 1 pay more and 1 less." in drawn
    assert "Beta &amp; Co" in drawn


def test_where_nothing_is_it_says_so():
    assert pairs.draw([], title="T", empty="Nothing.") == '<p class="picture-empty">Nothing.</p>'
