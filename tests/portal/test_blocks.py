"""Blocks as people read them."""

from __future__ import annotations

from datetime import date

import pytest

from creditops.portal import blocks
from creditops.portal.blocks import Expiring
from ledger import balances, units
from ledger.models import Block, Holder
from tests import cast
from tests.cast import at

Kind = Block.Kind


@pytest.mark.parametrize(
    ("kind", "source", "holder", "words"),
    [
        (Kind.PAID, "contract:a:b:term:2:commitment", Holder.Kind.CONTRACT, "Commitment of term 2"),
        (Kind.BONUS, "contract:a:term:1:bonus", Holder.Kind.CONTRACT, "Bonus of term 1"),
        (Kind.PAID, "order-7:credits", Holder.Kind.CONTRACT, "Top-up"),
        (Kind.PAID, "order-7:credits", Holder.Kind.OPEN, "Purchase"),
        (Kind.BONUS, "order-7:bonus", Holder.Kind.OPEN, "Bonus"),
        (Kind.PROMO, "pilot", Holder.Kind.OPEN, "Promotional"),
        (Kind.COMPENSATION, "outage", Holder.Kind.CONTRACT, "Goodwill"),
    ],
)
def test_a_block_is_called_what_it_is(kind: str, source: str, holder: str, words: str):
    assert blocks.label(kind, source, holder) == words


@pytest.fixture
def pool(db: None):
    """Acme's pool without a contract."""
    return cast.open_pool(cast.customer("acme"))


def rows(pool, when) -> list[blocks.Row]:
    """The rows of the pool's blocks."""
    return blocks.of_pools([pool], [balances.of_pool(pool, as_of=when, known_at=when)])[pool.id]


def test_a_row_tells_what_was_used_and_what_is_left(pool):
    cast.grant(pool, 100, source="a", when=at("2026-01-01"), end=at("2026-04-01"))
    cast.send("e-1", 30, when=at("2026-01-02"))

    (row,) = rows(pool, at("2026-01-03"))

    assert (row.granted, row.used, row.left, row.ended, row.state) == (100, 30, 70, 0, "active")
    assert (row.first_day, row.last_day) == (date(2026, 1, 1), date(2026, 3, 31))


def test_blocks_that_still_pay_stand_first(pool):
    cast.grant(pool, 10, source="old")
    cast.grant(pool, 20, source="new", when=at("2026-01-02"))
    cast.send("e-1", 10, when=at("2026-01-03"))

    assert [row.granted for row in rows(pool, at("2026-01-04"))] == [20, 10]


def test_a_block_for_one_feature_says_so(pool):
    meter = units.create_meter(code="search", name="Search")
    cast.grant(pool, 10, source="scoped", meters=[meter.id])

    assert rows(pool, at("2026-01-02"))[0].only_for == ["Search"]


def test_what_ends_on_the_same_day_ends_together(pool):
    for source in ("a", "b"):
        cast.grant(pool, 10, source=source, end=at("2026-04-01"))
    cast.grant(pool, 5, source="c", end=at("2026-05-01"))

    assert blocks.expiring(rows(pool, at("2026-01-02"))) == Expiring(
        20, "Purchase", date(2026, 3, 31)
    )


def test_credits_without_an_end_expire_never(pool):
    cast.grant(pool, 10, source="a")

    assert blocks.expiring(rows(pool, at("2026-01-02"))) is None
