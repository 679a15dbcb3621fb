"""What some have in parts: a bar for each, the largest first."""

from __future__ import annotations

import re

from creditops.pictures import stacks
from creditops.pictures.stacks import Stack

NAMES = ("Earned", "At risk", "Held back")
SHOWN = [
    Stack("bob & sons", (1_000, 0, 500)),
    Stack("ann", (3_000, 2_000, 1_000)),
    Stack("cid", (0, 0, 0)),
]


def drawn(shown: list[Stack]) -> str:
    return str(stacks.draw(shown, NAMES, title="Commission", currency="USD", empty="Nothing."))


def bars(svg: str) -> list[tuple[str, str, str]]:
    """Where each bar begins, how long it is, and what it is."""
    bar = r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="12" rx="0" class="([\w-]+)">'
    return re.findall(bar, svg)


def test_the_largest_comes_first_and_parts_lie_end_to_end():
    [wide] = re.findall(r"<svg[^>]*picture-wide[^>]*>.*?</svg>", drawn(SHOWN), re.DOTALL)

    assert bars(wide) == [
        ("0", "420", "bar"), ("420", "280", "bar-near"), ("700", "140", "bar-soft"),
        ("0", "140", "bar"), ("140", "70", "bar-soft"),
    ]  # fmt: skip
    assert re.findall(r'class="label strong"[^>]*>(.*?)<', wide) == ["ann", "bob &amp; sons"]


def test_it_says_what_the_parts_come_to_altogether():
    picture = drawn(SHOWN)

    assert "Altogether earned $40.00, at risk $20.00, held back $15.00." in picture
    assert re.findall(r"<td>(.*?)</td>", picture)[:3] == ["$30.00", "$20.00", "$10.00"]


def test_where_nothing_is_it_says_so():
    assert drawn([SHOWN[2]]) == '<p class="picture-empty">Nothing.</p>'
