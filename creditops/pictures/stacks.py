"""Answers with a picture of what some have in parts: a bar for each, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from creditops.lib import money
from creditops.pictures.frame import Frame, Table
from creditops.pictures.scale import Scale
from creditops.pictures.svg import Drawing, bar, element, join, text

_CSS = ("bar", "bar-near", "bar-soft")
_ROW, _BAR, _LEGEND = 46, 12, 30
_SWATCH = 10
# What a letter of the legend takes, and letters of a label that fit beside its figure in a narrow drawing.
_LETTER, _LETTERS = 7, 28


@dataclass(frozen=True)
class Stack:
    """One of them: its parts in minor units, none below zero, in the order of the picture's names."""

    label: str
    parts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All parts."""
        return sum(self.parts)


def draw(
    stacks: Sequence[Stack], names: Sequence[str], *, title: str, currency: str, empty: str
) -> SafeString:
    """The stacks, each a bar of at most three parts that are called `names`."""
    ordered = sorted((s for s in stacks if s.total), key=lambda s: (-s.total, s.label))
    if not ordered:
        return element("p", empty, class_="picture-empty")

    def said(minor: int) -> str:
        return money.for_people(minor, currency)

    sums = [sum(stack.parts[n] for stack in ordered) for n in range(len(names))]
    told = ", ".join(
        f"{name.lower()} {said(minor)}" for name, minor in zip(names, sums, strict=True)
    )
    frame = Frame(
        title,
        f"Altogether {told}.",
        Table(("", *names), [(s.label, *(said(part) for part in s.parts)) for s in ordered]),
    )
    height = _LEGEND + _ROW * len(ordered)
    return frame.around(lambda width: (_rows(ordered, names, currency, width), height), "rows")


def _rows(
    ordered: Sequence[Stack], names: Sequence[str], currency: str, width: int
) -> Drawing:  # fmt: skip
    x = Scale(0, ordered[0].total, 0, width)
    parts = [_legend(names)]
    for number, stack in enumerate(ordered):
        top = _LEGEND + _ROW * number
        label = (
            stack.label if len(stack.label) <= _LETTERS else f"{stack.label[: _LETTERS - 1]}…"
        )  # fmt: skip
        parts.append(text(0, top + 14, label, "label strong"))
        whole = money.for_people(stack.total, currency)
        parts.append(text(width, top + 14, whole, "label figure", "end"))
        done = 0
        for minor, css, name in zip(stack.parts, _CSS, names, strict=False):
            hint = f"{stack.label}, {name.lower()}: {money.for_people(minor, currency)}"
            if minor:
                parts.append(bar(x(done), top + 21, x(minor), _BAR, css, hint, 0))
            done += minor
    return join(parts)


def _legend(names: Sequence[str]) -> Drawing:
    parts, left = [], 0
    for name, css in zip(names, _CSS, strict=False):
        parts.append(bar(left, 4, _SWATCH, _SWATCH, css))
        parts.append(text(left + _SWATCH + 6, 13, name))
        left += _SWATCH + 24 + _LETTER * len(name)
    return join(parts)
