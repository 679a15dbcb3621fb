"""Answers what a picture shows, as people and screen readers get it."""

from __future__ import annotations

import re
from xml.etree import ElementTree


def tree(figure: str) -> ElementTree.Element:
    """The picture as a tree: it has to be well-formed."""
    return ElementTree.fromstring(figure)


def table(figure: str) -> list[list[str]]:
    """The table of figures, heads first."""
    rows = tree(figure).iter("tr")
    return [["".join(cell.itertext()) for cell in row] for row in rows]


def labels(figure: str, width: str = "wide") -> list[str]:
    """The words that are drawn for a width."""
    (svg,) = [
        part for part in tree(figure).iter("svg") if part.attrib["class"] == f"picture-{width}"
    ]
    return ["".join(text.itertext()) for text in svg.iter("text")]


def classes(figure: str) -> set[str]:
    """The classes of everything drawn."""
    return set(re.findall(r'class="([^"]*)"', figure))


def said(figure: str) -> str:
    """What a screen reader says of the drawing."""
    svg = next(tree(figure).iter("svg"))
    return svg.attrib["aria-label"]
