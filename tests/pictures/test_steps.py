"""The waterfall: from one height to another, step by step."""

from __future__ import annotations

import re

from creditops.pictures.steps import Step, waterfall

STEPS = [
    Step("Opening", 500),
    Step("Billed", 1_000),
    Step("Breakage", -200),
    Step("Credit notes", -100),
]


def drawn(size: str, steps: list[Step]) -> str:
    picture = waterfall(steps, end="Closing", title="Deferred", currency="USD")
    found = re.search(rf"<svg[^>]*picture-{size}[^>]*>.*?</svg>", str(picture), re.DOTALL)
    assert found is not None
    return found[0]


def heights(svg: str, words: list[str]) -> list[str]:
    """How far down each word stands."""
    return [re.findall(rf'<text[^>]* y="([\d.]+)"[^>]*>{word}</text>', svg)[0] for word in words]


def test_figures_lead_from_opening_to_closing():
    picture = str(waterfall(STEPS, end="Closing", title="Deferred", currency="USD"))

    assert "From $5.00 to $12.00." in picture
    assert re.findall(r"<td>(.*?)</td>", picture) == [
        "$5.00",
        "$10.00",
        "-$2.00",
        "-$1.00",
        "$12.00",
    ]


def test_in_a_narrow_picture_neighbours_stand_on_different_lines():
    words = ["Opening", "Billed", "Breakage", "Credit", "Closing"]
    seven = [*STEPS[:3], Step("Usage", -1), STEPS[3], Step("Re-spread", 0)]

    found = heights(drawn("narrow", seven), ["Opening", "Billed", "Breakage", "Usage"])

    assert len(set(heights(drawn("wide", STEPS), words))) == 1
    assert (found[0], found[1]) == (found[2], found[3])
    assert found[0] != found[1]


def test_where_nothing_was_it_says_so():
    assert "Nothing was deferred" in str(
        waterfall([Step("Opening", 0)], end="Closing", title="Deferred", currency="USD")
    )
