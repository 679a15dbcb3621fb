"""Answers with SVG elements as safe text. No styles inside: a strict security policy forbids them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

Drawing = SafeString


def element(name: str, *children: str, **attributes: object) -> SafeString:
    """An element; text and values are escaped.

    Args:
        name: of the tag, a constant in the code.
        children: elements, or text.
        attributes: `class_` is written class, `text_anchor` text-anchor; None is left out, floats
            (coordinates) keep one decimal.
    """
    given = format_html_join(
        "",
        ' {}="{}"',
        (
            (key.rstrip("_").replace("_", "-"), _written(value))
            for key, value in attributes.items()
            if value is not None
        ),
    )
    return mark_safe(f"<{name}{given}>{join(children)}</{name}>")  # noqa: S308  parts are escaped


def join(parts: Sequence[str]) -> SafeString:
    """Elements or text, one after the other; text is escaped."""
    return mark_safe("".join(conditional_escape(part) for part in parts))  # noqa: S308  escaped


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> SafeString:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=css)


def text(x: float, y: float, words: str, css: str = "label", anchor: str = "start") -> SafeString:
    """A piece of text; `anchor` is start, middle or end."""
    return element("text", words, x=x, y=y, class_=css, text_anchor=anchor)


def bar(
    x: float, y: float, width: float, height: float, css: str, words: str = "", round_: int = 2
) -> SafeString:
    """A rectangle; `words` show when somebody points at it."""
    hint = (element("title", words),) if words else ()
    return element(
        "rect", *hint, x=x, y=y, width=max(width, 0), height=height, rx=round_, class_=css
    )


def path(points: list[tuple[float, float]], css: str) -> SafeString:
    """An open line through points."""
    return element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=css)


def area(points: list[tuple[float, float]], css: str) -> SafeString:
    """A filled shape."""
    return element("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=css)


def _written(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
