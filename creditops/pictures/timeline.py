"""Answers with the picture of blocks: each from its first to its last day, with what was used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString

from creditops.pictures import scale
from creditops.pictures.frame import Frame, Table
from creditops.pictures.scale import Scale
from creditops.pictures.svg import Drawing, bar, element, join, line, text

_TOP, _ROW, _BAR = 26, 42, 14


@dataclass(frozen=True)
class Span:
    """A block. Credits are whole.

    `ends` is its last usable day, None where it never expires; `state` as people read it: active,
    scheduled, exhausted, frozen, expired, voided.
    """

    label: str
    starts: date
    ends: date | None
    granted: int
    used: int
    left: int
    state: str


def draw(spans: Sequence[Span], *, today: date, unit: str = "credits") -> SafeString:
    """One bar per block, filled by the share of it that was used, in the given order."""
    if not spans:
        return element("p", "There are no credits yet.", class_="picture-empty")
    frame = Frame(
        "Blocks of credits and their lives",
        f"{len(spans)} blocks, {sum(span.left for span in spans):,} {unit} left in them.",
        Table(
            ("Block", "Usable from", "Last day", "Granted", "Used", "Left", "State"),
            [_cells(span) for span in spans],
        ),
    )
    height = _TOP + _ROW * len(spans)
    return frame.around(lambda width: (_drawing(spans, today, width), height), "timeline")


def _drawing(spans: Sequence[Span], today: date, width: int) -> Drawing:
    first = min([today, *(span.starts for span in spans)])
    last = max([today, *(span.ends or span.starts for span in spans)])
    x = scale.days(first, last, 2, width - 2)
    height = _TOP + _ROW * len(spans)
    parts = []
    for day, label in scale.day_labels(first, last, width // 95):
        if x.of_day(day) < width - 60:
            parts.append(line(x.of_day(day), _TOP - 6, x.of_day(day), height, "grid"))
            parts.append(text(x.of_day(day) + 3, 11, label))
    for number, span in enumerate(spans):
        parts += _row(span, x, _TOP + _ROW * number)
    parts.append(line(x.of_day(today), _TOP - 8, x.of_day(today), height, "today"))
    return join(parts)


def _row(span: Span, x: Scale, top: float) -> list[Drawing]:
    start, end = x.of_day(span.starts), x.of_day(span.ends) if span.ends else x.end
    length = max(end - start, 6)
    used = length * span.used / span.granted if span.granted else 0
    hint = ", ".join(_cells(span))
    over = span.state in ("expired", "voided")
    # Words stand above the bar, drawn from where there is room for them.
    at_end = start > (x.start + x.end) / 2
    return [
        text(
            end if at_end else start,
            top + 13,
            f"{span.label}: {span.left:,} of {span.granted:,} left",
            "label strong",
            "end" if at_end else "start",
        ),
        bar(start, top + 19, length, _BAR, "span-over" if over else "span", hint, 3),
        bar(start, top + 19, used, _BAR, "span-used", hint, 3),
    ]


def _cells(span: Span) -> tuple[str, ...]:
    return (
        span.label,
        scale.in_words(span.starts),
        scale.in_words(span.ends) if span.ends else "never expires",
        f"{span.granted:,}",
        f"{span.used:,}",
        f"{span.left:,}",
        span.state,
    )
