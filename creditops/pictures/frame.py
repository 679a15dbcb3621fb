"""Answers with the figure around a drawing: its title, description and table of figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from creditops.pictures.svg import Drawing, element, join

# Widths for which a drawing is made, in units of its own; the style sheet shows the one that fits.
WIDTHS = {"wide": 840, "middle": 540, "narrow": 350}


@dataclass(frozen=True)
class Table:
    """The figures behind a drawing, for those who read them. Cells are text; the first names a row."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Frame:
    """What is said around a drawing.

    Attributes:
        title: what it shows, a few words.
        description: what one sees in it, a sentence.
        table: its figures.
    """

    title: str
    description: str
    table: Table

    def around(self, draw: Callable[[int], tuple[Drawing, int]], kind: str) -> SafeString:
        """The figure.

        Args:
            draw: makes the drawing for a width of `WIDTHS`; returns it with its height.
            kind: of picture, for the style sheet.
        """
        return element(
            "figure",
            *(self._svg(draw, width, size) for size, width in WIDTHS.items()),
            element(
                "details",
                element("summary", "Figures as a table"),
                element("div", self._table(), class_="picture-scroll"),
            ),
            class_=f"picture picture-{kind}",
        )

    def _svg(self, draw: Callable[[int], tuple[Drawing, int]], width: int, size: str) -> SafeString:
        drawing, height = draw(width)
        # A label and no <title>: browsers would show that one wherever the pointer rests.
        return element(
            "svg",
            drawing,
            viewBox=f"0 0 {width} {height}",
            role="img",
            aria_label=f"{self.title}. {self.description}",
            class_=f"picture-{size}",
        )

    def _table(self) -> SafeString:
        head = element("tr", *(element("th", cell, scope="col") for cell in self.table.heads))
        rows = [
            element(
                "tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest)
            )
            for first, *rest in self.table.rows
        ]
        return element(
            "table",
            element("caption", self.title),
            element("thead", head),
            element("tbody", join(rows)),
        )
