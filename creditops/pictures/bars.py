"""Answers with pictures of how much: credits per day as columns, per feature or person as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString

from creditops.pictures import scale
from creditops.pictures.frame import Frame, Table
from creditops.pictures.scale import Scale
from creditops.pictures.svg import Drawing, bar, element, join, line, text

_HEIGHT = 190
_TOP, _BOTTOM, _LEFT, _RIGHT = 10, 28, 52, 8
_ROW, _BAR = 40, 10
# Letters of a row's label that fit beside its figure in a narrow drawing.
_LETTERS = 34


@dataclass(frozen=True)
class Day:
    """Credits of a day; of the week that begins on it, where columns are weeks."""

    day: date
    credits: int


@dataclass(frozen=True)
class Row:
    """Credits of a feature, a person, a team; `is_rest`: of all others together, shown last."""

    label: str
    credits: int
    is_rest: bool = False


def columns(days: Sequence[Day], *, title: str, unit: str = "credits") -> SafeString:
    """Credits per day or week, one column each; without gaps, oldest first."""
    if not any(day.credits for day in days):
        return element("p", "Nothing was used in this time.", class_="picture-empty")
    total, top = sum(day.credits for day in days), max(days, key=lambda day: day.credits)
    frame = Frame(
        title,
        f"{total:,} {unit}, most from {scale.in_words(top.day)}: {top.credits:,}.",
        Table(
            ("From", unit.capitalize()),
            [(scale.in_words(day.day), f"{day.credits:,}") for day in days],
        ),
    )
    return frame.around(lambda width: (_columns(days, unit, width), _HEIGHT), "columns")


def rows(shown: Sequence[Row], *, title: str, unit: str = "credits") -> SafeString:
    """Credits per feature or person, largest first and the rest last, with shares of their sum."""
    ordered = sorted(shown, key=lambda row: (row.is_rest, -row.credits, row.label))
    total = sum(row.credits for row in ordered)
    if not total:
        return element("p", "Nothing was used in this time.", class_="picture-empty")
    frame = Frame(
        title,
        f"{total:,} {unit}; most for {ordered[0].label}: {ordered[0].credits:,}.",
        Table(
            ("", unit.capitalize(), "Share"),
            [(row.label, f"{row.credits:,}", f"{_percent(row.credits, total)}") for row in ordered],
        ),
    )
    return frame.around(lambda width: (_rows(ordered, total, width), _ROW * len(ordered)), "rows")


def _columns(days: Sequence[Day], unit: str, width: int) -> Drawing:
    marks = scale.ticks(0, max(day.credits for day in days), 3)
    y = Scale(0, marks[-1], _HEIGHT - _BOTTOM, _TOP)
    slot = (width - _LEFT - _RIGHT) / len(days)
    parts = []
    for value in marks:
        css = "zero" if value == 0 else "grid"
        parts.append(line(_LEFT, y(value), width - _RIGHT, y(value), css))
        parts.append(text(_LEFT - 8, y(value) + 4, scale.short(value), anchor="end"))
    for number, day in enumerate(days):
        hint = f"{scale.in_words(day.day)}: {day.credits:,} {unit}"
        if day.credits:
            gap = min(slot * 0.2, 4)
            x = _LEFT + slot * number + gap / 2
            parts.append(bar(x, y(day.credits), slot - gap, y(0) - y(day.credits), "bar", hint))
    first, last = days[0].day, days[-1].day
    places = scale.days(first, last, _LEFT + slot / 2, width - _RIGHT - slot / 2)
    for tick, label in scale.day_labels(first, last, width // 72):
        if places.of_day(tick) < width - _RIGHT - 12:
            parts.append(text(places.of_day(tick), _HEIGHT - 9, label, anchor="middle"))
    return join(parts)


def _rows(ordered: Sequence[Row], total: int, width: int) -> Drawing:
    x = Scale(0, max(1, *(row.credits for row in ordered)), 0, width)
    parts = []
    for number, row in enumerate(ordered):
        top = _ROW * number
        label = row.label if len(row.label) <= _LETTERS else f"{row.label[: _LETTERS - 1]}…"
        figure = f"{row.credits:,} · {_percent(row.credits, total)}"
        parts.append(text(0, top + 16, label, "label strong"))
        parts.append(text(width, top + 16, figure, "label figure", "end"))
        parts.append(bar(0, top + 23, width, _BAR, "bar-base"))
        parts.append(bar(0, top + 23, x(row.credits), _BAR, "bar"))
    return join(parts)


def _percent(part: int, total: int) -> str:
    """The share, rounded down to one decimal, so that shares never pass 100 %."""
    tenths = part * 1000 // total
    return f"{tenths // 10}.{tenths % 10} %" if tenths or not part else "< 0.1 %"
