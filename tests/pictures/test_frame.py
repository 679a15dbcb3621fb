"""The figure around a drawing."""

from __future__ import annotations

from creditops.pictures.frame import WIDTHS, Frame, Table
from creditops.pictures.svg import element, text
from tests.pictures.reading import said, table, tree

FRAME = Frame('Title & "more"', "What one sees.", Table(("What", "Credits"), [("Search", "5")]))


def test_a_drawing_is_made_for_every_width_and_says_the_same():
    figure = FRAME.around(lambda width: (text(0, 0, str(width)), 40), "test")

    drawn = list(tree(figure).iter("svg"))
    assert [svg.attrib["viewBox"] for svg in drawn] == [f"0 0 {w} 40" for w in WIDTHS.values()]
    assert {svg.attrib["aria-label"] for svg in drawn} == {'Title & "more". What one sees.'}
    assert said(figure) == 'Title & "more". What one sees.'


def test_its_figures_are_a_table_with_heads():
    figure = FRAME.around(lambda width: (text(0, 0, ""), 40), "test")

    assert table(figure) == [["What", "Credits"], ["Search", "5"]]
    assert {head.attrib["scope"] for head in tree(figure).iter("th")} == {"col", "row"}


def test_nothing_inside_needs_an_inline_style():
    assert "style" not in FRAME.around(lambda width: (text(0, 0, ""), 40), "test")


def test_values_and_text_are_escaped():
    assert element("a", "<b>", href='"') == '<a href="&quot;">&lt;b&gt;</a>'
