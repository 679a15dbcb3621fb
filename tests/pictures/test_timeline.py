"""Blocks and their lives."""

from __future__ import annotations

from datetime import date

from creditops.pictures import timeline
from creditops.pictures.timeline import Span
from tests.pictures.reading import classes, labels, table

TODAY = date(2026, 6, 1)


def span(**fields) -> Span:
    usual = {
        "label": "Commitment",
        "starts": date(2026, 1, 1),
        "ends": date(2026, 12, 31),
        "granted": 1_000,
        "used": 400,
        "left": 600,
        "state": "active",
    }
    return Span(**{**usual, **fields})


def test_a_block_is_drawn_with_what_is_left_of_it():
    figure = timeline.draw([span()], today=TODAY)

    assert "Commitment: 600 of 1,000 left" in labels(figure)
    assert table(figure)[1] == [
        "Commitment", "1 Jan 2026", "31 Dec 2026", "1,000", "400", "600", "active",
    ]  # fmt: skip


def test_a_block_without_end_never_expires():
    assert table(timeline.draw([span(ends=None)], today=TODAY))[1][2] == "never expires"


def test_a_block_that_is_over_looks_different():
    figure = timeline.draw([span(state="expired", left=0)], today=TODAY)

    assert "span-over" in classes(figure)
    assert "span" not in classes(figure)


def test_no_credits_is_said():
    empty = '<p class="picture-empty">There are no credits yet.</p>'

    assert timeline.draw([], today=TODAY) == empty
