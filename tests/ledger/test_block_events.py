"""From a block to the events that it paid for, and back (S73)."""

import pytest

from ledger import block_events, corrections, explain
from ledger.models import Block
from tests import cast

pytestmark = pytest.mark.django_db

MARCH, APRIL, MAY = cast.at("2026-03-01"), cast.at("2026-04-01"), cast.at("2026-05-01")


@pytest.fixture
def blocks():
    """Acme's first 100 credits for $1.00, and 1,000 for $30.00 after them."""
    pool = cast.open_pool(cast.customer())
    return [
        cast.grant(pool, 100, source="first", cost=100, end=APRIL),
        cast.grant(pool, 1_000, source="second", cost=3_000),
    ]


def paid(block: Block) -> list[tuple]:
    page = block_events.newest(block, limit=200)
    assert page.next is None
    return [(row.event.key, row.credits, row.value) for row in page.paid]


def test_an_event_over_two_blocks_stands_at_both_with_its_part(blocks):
    cast.report(cast.usage("u1", 60), cast.usage("u2", 70), cast.usage("u3", 0), when=MARCH)

    assert paid(blocks[0]) == [("u2", 40, 40), ("u1", 60, 60)]
    assert paid(blocks[1]) == [("u2", 30, 90)]


def test_what_came_back_is_taken_off_and_the_event_stays_in_the_list(blocks):
    cast.report(cast.usage("u1", 60), cast.usage("u2", 70), when=MARCH)
    first, second = (row.event for row in reversed(block_events.newest(blocks[0], limit=9).paid))
    corrections.correct(second, credits=50, by="Ada", reason="", at=MARCH)
    corrections.void(first, by="Ada", reason="", at=MARCH)

    assert paid(blocks[0]) == [("u2", 40, 40), ("u1", 0, 0)]
    assert paid(blocks[1]) == [("u2", 10, 30)]


def test_late_use_that_brings_expired_credits_back_is_found_too(blocks):
    cast.send("u1", 30, when=MARCH)
    cast.send("late", 50, when=APRIL + cast.SECOND * 600, time=APRIL - cast.SECOND)

    assert paid(blocks[0]) == [("late", 50, 50), ("u1", 30, 30)]


def test_pages_hold_every_event_once_whatever_their_length(blocks):
    for number in range(4):
        batch = [cast.usage(f"u{number}.{index}", 9) for index in range(4)]
        cast.report(*batch, when=MARCH)
    corrections.correct(_event(blocks[0], "u1.1"), credits=11, by="Ada", reason="", at=MAY)
    every = paid(blocks[1])

    for limit in (1, 2, 3, 7):
        found, before = [], None
        while True:
            page = block_events.newest(blocks[1], limit=limit, before=before)
            found += [(row.event.key, row.credits, row.value) for row in page.paid]
            before = page.next
            if before is None:
                break
        assert found == every
    assert sum(credits for _, credits, _ in every) == 16 * 9 + 2 - 100


def test_what_blocks_say_of_events_is_what_events_say_of_blocks(blocks):
    cast.report(*(cast.usage(f"u{index}", 37) for index in range(9)), when=MARCH)

    said = {
        (block.source, row.event.key): (row.credits, row.value)
        for block in blocks
        for row in block_events.newest(block, limit=200).paid
    }

    assert said == {
        (draw.block_source, key): (draw.credits, draw.value)
        for key in {key for _, key in said}
        for draw in explain.draws(
            _event(blocks[1] if (blocks[1].source, key) in said else blocks[0], key)
        )
    }


def _event(block: Block, key: str):
    return next(
        row.event for row in block_events.newest(block, limit=200).paid if row.event.key == key
    )
