"""Answers with a picture of how an amount got from one height to another, step by step: a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from creditops.lib import money
from creditops.pictures import scale
from creditops.pictures.frame import Frame, Table
from creditops.pictures.scale import Scale
from creditops.pictures.svg import Drawing, bar, element, join, line, text

_HEIGHT = 230
_TOP, _BOTTOM, _LEFT, _RIGHT = 22, 40, 56, 8
_WIDE_ENOUGH, _NARROW = 90, 60


@dataclass(frozen=True)
class Step:
    """A step: the first one is a height, the others rise or fall from there; in minor units."""

    label: str
    minor: int


def waterfall(steps: Sequence[Step], *, end: str, title: str, currency: str) -> SafeString:
    """From the first step's height to where the last one leads, which is called `end`."""
    tops = [sum(step.minor for step in steps[: n + 1]) for n in range(len(steps))]
    if not any(tops):
        return element("p", "Nothing was deferred in this time.", class_="picture-empty")

    def said(minor: int) -> str:
        return money.for_people(minor, currency)

    rows = [(step.label, said(step.minor)) for step in steps] + [(end, said(tops[-1]))]
    frame = Frame(
        title,
        f"From {said(tops[0])} to {said(tops[-1])}.",
        Table(("", "Amount"), rows),
    )
    bars = [(steps[0].label, 0, tops[0])]
    bars += [(s.label, low, high) for s, low, high in zip(steps[1:], tops, tops[1:], strict=False)]
    bars.append((end, 0, tops[-1]))
    return frame.around(lambda width: (_draw(bars, currency, width), _HEIGHT), "steps")


def _draw(bars: Sequence[tuple[str, int, int]], currency: str, width: int) -> Drawing:
    unit = 10 ** money.exponent(currency)
    heights = [height for _, low, high in bars for height in (low, high)]
    marks = scale.ticks(min(0, *heights) // unit, max(1, max(heights) // unit + 1), 3)
    y = Scale(marks[0] * unit, marks[-1] * unit, _HEIGHT - _BOTTOM, _TOP)
    slot = (width - _LEFT - _RIGHT) / len(bars)
    parts = []
    for value in marks:
        at = y(value * unit)
        parts.append(line(_LEFT, at, width - _RIGHT, at, "zero" if value == 0 else "grid"))
        parts.append(text(_LEFT - 8, at + 4, scale.short(value), anchor="end"))
    for number, (label, low, high) in enumerate(bars):
        x = _LEFT + slot * number
        whole = number in (0, len(bars) - 1)
        css = "bar" if whole else "bar-up" if high >= low else "bar-down"
        hint = f"{label}: {money.for_people(high if whole else high - low, currency)}"
        top, tall = min(y(low), y(high)), abs(y(low) - y(high))
        parts.append(bar(x + slot * 0.14, top, slot * 0.72, max(tall, 1.5), css, hint))
        if not whole:
            parts.append(line(x - slot * 0.14, y(low), x + slot * 0.86, y(low), "grid"))
        for row, word in enumerate(_words(label, slot), start=_first_row(number, slot)):
            parts.append(text(x + slot / 2, _HEIGHT - 24 + 13 * row, word, anchor="middle"))
    return join(parts)


def _words(label: str, slot: float) -> list[str]:
    """A label in at most two lines; where there is little room, its first word."""
    first, _, rest = label.partition(" ")
    return [first, rest] if slot >= _WIDE_ENOUGH and rest else [first]


def _first_row(number: int, slot: float) -> int:
    """On which line a label begins: where a word is wider than its slot, neighbours take turns."""
    return number % 2 if slot < _NARROW else 0
