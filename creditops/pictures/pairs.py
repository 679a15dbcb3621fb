"""Answers with a picture of before and after: two bars for each of some, the larger change first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from creditops.pictures.frame import Frame, Table
from creditops.pictures.scale import Scale
from creditops.pictures.svg import Drawing, bar, element, join, text

_ROW, _BAR = 48, 9
_LETTERS = 30


@dataclass(frozen=True)
class Pair:
    """One of them: whole numbers for the bars, and how they are written."""

    label: str
    before: int
    after: int
    said_before: str
    said_after: str


def draw(pairs: Sequence[Pair], *, title: str, empty: str) -> SafeString:
    """The pairs in the order given, each with a bar before and one after; what grows is marked."""
    if not any(pair.before or pair.after for pair in pairs):
        return element("p", empty, class_="picture-empty")
    grown = sum(pair.after > pair.before for pair in pairs)
    fallen = sum(pair.after < pair.before for pair in pairs)
    frame = Frame(
        title,
        f"Of {len(pairs)} shown {grown} pay more and {fallen} less. The upper bar is before, the lower "
        "one after.",
        Table(
            ("", "Before", "After"),
            [(pair.label, pair.said_before, pair.said_after) for pair in pairs],
        ),
    )
    return frame.around(lambda width: (_rows(pairs, width), _ROW * len(pairs)), "rows")


def _rows(pairs: Sequence[Pair], width: int) -> Drawing:
    most = max(1, *(max(pair.before, pair.after) for pair in pairs))
    x = Scale(0, most, 0, width)
    parts = []
    for number, pair in enumerate(pairs):
        top = _ROW * number
        label = pair.label if len(pair.label) <= _LETTERS else f"{pair.label[: _LETTERS - 1]}…"
        css = "bar-over" if pair.after > pair.before else "bar"
        parts.append(text(0, top + 15, label, "label strong"))
        said = f"{pair.said_before} → {pair.said_after}"
        parts.append(text(width, top + 15, said, "label figure", "end"))
        parts.append(bar(0, top + 21, x(pair.before), _BAR, "bar-before"))
        parts.append(bar(0, top + 21 + _BAR + 1, x(pair.after), _BAR, css))
    return join(parts)
