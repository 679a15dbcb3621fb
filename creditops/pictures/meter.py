"""Answers with a gauge of used credits: marks at the thresholds, overage up to its cap (S40, A2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from creditops.pictures.frame import WIDTHS, Frame, Table
from creditops.pictures.scale import Scale
from creditops.pictures.svg import Drawing, bar, element, join, line, text

MARKS = (50, 80, 95)
_HEIGHT, _TOP, _BAR = 52, 8, 18


@dataclass(frozen=True)
class Gauge:
    """What the picture shows, in whole credits.

    Attributes:
        used: of the total; not more than it.
        total: what was there to be used.
        overage: used beyond it.
        cap: how far overage may go; 0: not at all.
        marks: percentages at which people are told.
    """

    used: int
    total: int
    overage: int = 0
    cap: int = 0
    marks: Sequence[int] = MARKS
    unit: str = "credits"

    @property
    def percent(self) -> int:
        """The used share, rounded down: 100 % means all."""
        return self.used * 100 // self.total if self.total else 0

    @property
    def level(self) -> str:
        """calm; noticed past the last but one mark; near past the last one; over with overage."""
        if self.overage:
            return "over"
        ahead = sum(self.percent < mark for mark in self.marks)
        return ("near", "noticed", "calm")[min(ahead, 2)]


def draw(shown: Gauge) -> SafeString:
    """The gauge as a `<figure>`."""
    if not shown.total:
        return element("p", "There is nothing to use yet.", class_="picture-empty")
    frame = Frame(
        f"Used {shown.unit}",
        f"{shown.used:,} of {shown.total:,} used, {shown.percent} %.{_overage_words(shown)}",
        Table(("", shown.unit.capitalize()), _rows(shown)),
    )
    return frame.around(lambda width: (_drawing(shown, width), _HEIGHT), "meter")


def _drawing(shown: Gauge, width: int) -> Drawing:
    room = max(shown.cap, shown.overage)
    x = Scale(0, shown.total + room, 0, width)
    full = x(shown.total)
    parts = [
        bar(0, _TOP, full, _BAR, "bar-base", round_=4),
        bar(0, _TOP, x(shown.used), _BAR, f"gauge {shown.level}", round_=4),
    ]
    if room:
        parts.append(bar(full + 2, _TOP, x.end - full - 2, _BAR, "cap-base", round_=4))
        parts.append(bar(full + 2, _TOP, x(shown.overage), _BAR, "cap-used", round_=4))
        parts.append(
            text(
                x.end,
                _HEIGHT - 8,
                "cap" if width == WIDTHS["narrow"] else "overage cap",
                anchor="end",
            )
        )
    for mark in shown.marks:
        at = full * mark / 100
        parts.append(line(at, _TOP - 4, at, _TOP + _BAR + 5, "mark"))
        parts.append(text(at, _HEIGHT - 8, f"{mark} %", anchor="middle"))
    return join(parts)


def _rows(shown: Gauge) -> list[tuple[str, str]]:
    rows = [("Used", f"{shown.used:,}"), ("Of", f"{shown.total:,}")]
    if shown.cap or shown.overage:
        rows += [("Overage", f"{shown.overage:,}"), ("Overage cap", f"{shown.cap:,}")]
    return rows


def _overage_words(shown: Gauge) -> str:
    if shown.cap or shown.overage:
        return f" Overage {shown.overage:,} of {shown.cap:,} allowed."
    return ""
