"""Answers with small tables for pages of the staff: heads, rows, and sums below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# A head that begins with one of these stands above figures, set to the right, or above prose, which
# may take several lines.
FIGURE, PROSE = "#", "~"


@dataclass(frozen=True)
class Head:
    """The head of a column."""

    title: str
    kind: str


@dataclass(frozen=True)
class Listing:
    """A table as a page shows it.

    Attributes:
        title: above it; may be empty.
        heads: one per column: `#Amount` is a column of figures, `~Reason` one of prose.
        rows: cells as text or safe HTML, one per head.
        sums: a last row, if there is one.
        empty: what is said where there are no rows.
    """

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    sums: Sequence[str] = ()
    empty: str = "Nothing yet."

    @property
    def columns(self) -> list[Head]:
        """The heads, read."""
        kinds = {FIGURE: "figure", PROSE: "wraps"}
        return [Head(head.lstrip(FIGURE + PROSE), kinds.get(head[:1], "")) for head in self.heads]

    @property
    def body(self) -> list[list[tuple[str, Head]]]:
        """The rows, each cell with its head."""
        return [list(zip(row, self.columns, strict=True)) for row in self.rows]

    @property
    def foot(self) -> list[tuple[str, Head]]:
        """The sums, each with its head."""
        return list(zip(self.sums, self.columns, strict=True)) if self.sums else []
