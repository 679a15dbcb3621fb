"""Answers with the picture of a balance over time, and of where it goes from here (A4, S62)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from math import floor

from django.utils.safestring import SafeString

from creditops.pictures import scale
from creditops.pictures.frame import Frame, Table
from creditops.pictures.scale import Scale
from creditops.pictures.svg import Drawing, area, element, join, line, path, text

_HEIGHT = 300
_TOP, _BOTTOM, _LEFT, _RIGHT = 26, 30, 52, 14
# Room that a few words beside a mark need.
_WORDS = 110
# A table of the figures is read by people: it has at most about this many rows.
_ROWS = 40


@dataclass(frozen=True)
class Point:
    """The balance at the end of a day, in whole credits; below zero is overage."""

    day: date
    balance: int


@dataclass(frozen=True)
class Step:
    """Credits that came in on a day, and what they were: granted, topped up, rolled over."""

    day: date
    credits: int
    label: str


@dataclass(frozen=True)
class Outlook:
    """The use to be expected after the last point, until a day: the term's end."""

    burn_per_day: Fraction
    until: date

    def run_out(self, last: Point) -> date | None:
        """The day on which the last point's balance is used up; None if it is not by `until`."""
        if not self.burn_per_day or last.balance <= 0:
            return None
        day = last.day + timedelta(days=min(floor(last.balance / self.burn_per_day), 36_500))
        return day if day <= self.until else None


@dataclass(frozen=True)
class Burndown:
    """What the picture shows.

    Attributes:
        points: the balance by day, oldest first; the last one is today.
        unit: what is counted, plural: AI credits.
        outlook: None draws no forecast.
        term_end: drawn as a line.
        levels: (balance, label) of thresholds: (10_000, "80 % used").
        steps: credits that came in.
    """

    points: Sequence[Point]
    unit: str = "credits"
    outlook: Outlook | None = None
    term_end: date | None = None
    levels: Sequence[tuple[int, str]] = ()
    steps: Sequence[Step] = field(default_factory=tuple)

    @property
    def last_day(self) -> date:
        """The last day drawn."""
        last = self.points[-1].day
        return max(last, self.term_end or last, self.outlook.until if self.outlook else last)


def draw(shown: Burndown) -> SafeString:
    """The picture as a `<figure>`. With less than one day to show it says so."""
    if not shown.points:
        return element("p", "Nothing to draw yet.", class_="picture-empty")
    frame = Frame(f"Balance of {shown.unit} over time", _description(shown), _table(shown))
    return frame.around(lambda width: (_drawing(shown, width), _HEIGHT), "burndown")


def _drawing(shown: Burndown, width: int) -> Drawing:
    x, y = _axes(shown, width)
    return join(
        [
            *_grid(shown, x, y, width),
            *_levels(shown, x, y),
            *_balance(shown, x, y),
            *_forecast(shown, x, y),
            *_ends(shown, x, y),
            *_steps(shown, x, y),
        ]
    )


def _axes(shown: Burndown, width: int) -> tuple[Scale, Scale]:
    balances = [point.balance for point in shown.points]
    marks = scale.ticks(min(0, *balances, 0), max(1, *balances, 1))
    x = scale.days(shown.points[0].day, shown.last_day, _LEFT, width - _RIGHT)
    return x, Scale(marks[0], marks[-1], _HEIGHT - _BOTTOM, _TOP)


def _grid(shown: Burndown, x: Scale, y: Scale, width: int) -> list[Drawing]:
    first, last = shown.points[0].day, shown.last_day
    parts = []
    for value in scale.ticks(y.low, y.high):
        css = "zero" if value == 0 else "grid"
        parts.append(line(x.start, y(value), x.end, y(value), css))
        parts.append(text(x.start - 8, y(value) + 4, scale.short(value), anchor="end"))
    for day, label in scale.day_labels(first, last, width // 72):
        if x.of_day(day) < x.end - 12:
            parts.append(text(x.of_day(day), _HEIGHT - 10, label, anchor="middle"))
            parts.append(line(x.of_day(day), y.start, x.of_day(day), y.start + 4, "grid"))
    return parts


def _levels(shown: Burndown, x: Scale, y: Scale) -> list[Drawing]:
    parts = []
    for balance, label in shown.levels:
        if y.low <= balance <= y.high:
            parts.append(line(x.start, y(balance), x.end, y(balance), "level"))
            parts.append(text(x.start + 6, y(balance) - 4, label, "label level-label"))
    return parts


def _balance(shown: Burndown, x: Scale, y: Scale) -> list[Drawing]:
    """The line, upright where credits came in, and the shapes below it: balance, and overage."""
    came_in = {step.day for step in shown.steps}
    line_points: list[tuple[date, int]] = []
    for point in shown.points:
        if line_points and point.day in came_in:
            line_points.append((point.day, line_points[-1][1]))
        line_points.append((point.day, point.balance))
    parts = []
    for run, sign in _runs(line_points):
        drawn = [(x.of_day(day), y(balance)) for day, balance in run]
        parts.append(area([*drawn, (drawn[-1][0], y(0)), (drawn[0][0], y(0))], f"area{sign}"))
        parts.append(path(drawn, f"line{sign}"))
    return parts


def _runs(points: list[tuple[date, int]]) -> list[tuple[list[tuple[date, int]], str]]:
    """The stretches above and below zero ("" and "-overage"), each joined to zero where they meet."""
    runs = []
    for below, group in groupby(enumerate(points), key=lambda pair: pair[1][1] < 0):
        places = [place for place, _ in group]
        joined = points[max(places[0] - 1, 0) : places[-1] + 2]
        clipped = [(day, min(credits, 0) if below else max(credits, 0)) for day, credits in joined]
        runs.append((clipped, "-overage" if below else ""))
    return runs


def _forecast(shown: Burndown, x: Scale, y: Scale) -> list[Drawing]:
    last = shown.points[-1]
    at = (x.of_day(last.day), y(last.balance))
    dot = element("circle", cx=at[0], cy=at[1], r=4, class_="now")
    if shown.outlook is None or last.balance <= 0:
        return [dot]
    run_out = shown.outlook.run_out(last)
    if run_out is None:
        left = last.balance - shown.outlook.burn_per_day * (shown.outlook.until - last.day).days
        end = (x.of_day(shown.outlook.until), y(max(0, floor(left))))
        return [path([at, end], "forecast"), dot]
    end = (x.of_day(run_out), y(0))
    anchor, aside = ("start", 6) if end[0] < x.end - _WORDS else ("end", -6)
    return [
        path([at, end], "forecast"),
        dot,
        element("circle", cx=end[0], cy=end[1], r=4, class_="run-out"),
        text(end[0] + aside, end[1] - 10, f"runs out {run_out:%-d %b}", "label strong", anchor),
    ]


def _ends(shown: Burndown, x: Scale, y: Scale) -> list[Drawing]:
    if shown.term_end is None:
        return []
    at = x.of_day(shown.term_end)
    anchor = "end" if at > x.start + _WORDS else "start"
    return [
        line(at, y.start, at, y.end, "term-end"),
        text(at, y.end - 10, f"term ends {scale.in_words(shown.term_end)}", "label", anchor),
    ]


def _steps(shown: Burndown, x: Scale, y: Scale) -> list[Drawing]:
    balances = {point.day: point.balance for point in shown.points}
    return [
        element(
            "circle",
            element(
                "title", f"{scale.in_words(step.day)}: +{step.credits:,} {shown.unit}, {step.label}"
            ),
            cx=x.of_day(step.day),
            cy=y(balances[step.day]),
            r=4,
            class_="step",
        )
        for step in shown.steps
        if step.day in balances
    ]


def _description(shown: Burndown) -> str:
    first, last = shown.points[0], shown.points[-1]
    said = (
        f"From {first.balance:,} on {scale.in_words(first.day)} "
        f"to {last.balance:,} on {scale.in_words(last.day)}."
    )
    run_out = shown.outlook and shown.outlook.run_out(last)
    if run_out:
        said += f" At this rate they run out on {scale.in_words(run_out)}."
    elif shown.outlook and shown.outlook.burn_per_day and last.balance > 0:
        said += f" At this rate they last until {scale.in_words(shown.outlook.until)}."
    if shown.term_end is not None:
        said += f" The term ends on {scale.in_words(shown.term_end)}."
    return said


def _table(shown: Burndown) -> Table:
    """Every day of a short time; else days at even distance, the last one always."""
    every = -(-len(shown.points) // _ROWS)
    kept = [point for n, point in enumerate(reversed(shown.points)) if n % every == 0]
    return Table(
        ("Day", f"Balance in {shown.unit}"),
        [(scale.in_words(point.day), f"{point.balance:,}") for point in reversed(kept)],
    )
