"""What use was worth by meter is exact to the cent, whether it lies end to end or not."""

from datetime import date, datetime

import pytest

from creditops.lib import policies, sql
from ledger import meter_uses
from ledger.models import Drain, Meter
from tests import cast

pytestmark = pytest.mark.django_db

MARCH, APRIL, MAY = cast.at("2026-03-01"), cast.at("2026-04-01"), cast.at("2026-05-01")
LAST_OF_MARCH, FIRST_OF_APRIL = date(2026, 3, 31), date(2026, 4, 1)


@pytest.fixture
def pool():
    """Acme's pool; two meters draw on it."""
    opened = cast.open_pool(cast.customer())
    Meter.objects.create(code="agents", name="Agents", rated_unit=cast.unit())
    return opened


def worth(first: date, last: date, known_at: datetime = MAY) -> dict[str, tuple[int, int]]:
    """meter -> its credits, and their value in minor units."""
    found = meter_uses.of(first, last, known_at=known_at)
    assert {(use.revenue_class, use.overage) for use in found} <= {("usage", False)}
    return {use.meter: (use.credits, use.value_minor) for use in found}


def stretches(first: date, last: date) -> list[tuple[int, int, bool]]:
    """Where use lies on the line: from, to, and whether it is torn; in their order."""
    rows = sql.rows("ledger", "meter_slots", first=first, last=last, known_at=MAY)
    return sorted((row[7], row[8], row[0] is None) for row in rows)


def test_meters_that_take_turns_share_a_block_to_the_cent(pool):
    cast.grant(pool, 100, source="first", cost=33)
    cast.send("u1", 7, when=MARCH)
    cast.send("u2", 10, meter="agents", when=MARCH)
    cast.send("u3", 63, when=MARCH)

    # 7, 17 and 80 of 100 credits for 33 are 2.31, 5.61 and 26.4.
    assert worth(MARCH.date(), LAST_OF_MARCH) == {"credits": (70, 2 + 20), "agents": (10, 4)}
    assert stretches(MARCH.date(), LAST_OF_MARCH) == [(0, 80, False)]


def test_an_event_over_two_blocks_is_worth_its_part_of_both(pool):
    cast.grant(pool, 100, source="first", cost=33)
    cast.grant(pool, 1_000, source="second", cost=3_000)
    cast.send("u1", 80, when=MARCH)
    cast.send("u2", 70, meter="agents", when=MARCH)
    cast.send("u3", 11, when=MARCH)

    assert worth(MARCH.date(), LAST_OF_MARCH) == {
        "credits": (91, 26 + 33),
        "agents": (70, 7 + 150),
    }
    assert stretches(MARCH.date(), LAST_OF_MARCH) == [
        (0, 80, False),
        (80, 150, True),
        (150, 161, False),
    ]


def test_an_event_over_three_blocks_is_worth_its_part_of_each(pool):
    for number, cost in enumerate((10, 20, 30)):
        cast.grant(pool, 10, source=f"block {number}", cost=cost)
    cast.send("u1", 5, when=MARCH)
    cast.send("u2", 20, meter="agents", when=MARCH)
    cast.send("u3", 5, when=MARCH)

    assert worth(MARCH.date(), LAST_OF_MARCH) == {
        "credits": (10, 5 + 15),
        "agents": (20, 5 + 20 + 15),
    }


def test_use_of_an_earlier_month_between_that_of_the_next_is_worth_what_it_drew(pool):
    cast.grant(pool, 100, source="first", cost=33)
    cast.send("u1", 10, meter="agents", when=APRIL + cast.SECOND)
    cast.send("late", 7, when=APRIL + 2 * cast.SECOND, time=APRIL - cast.SECOND)
    cast.send("u2", 20, meter="agents", when=APRIL + 3 * cast.SECOND)

    # 10, 17 and 37 of 100 credits for 33 are 3.3, 5.61 and 12.21.
    assert worth(LAST_OF_MARCH, LAST_OF_MARCH) == {"credits": (7, 3)}
    assert worth(FIRST_OF_APRIL, FIRST_OF_APRIL) == {"agents": (30, 3 + 6)}
    assert worth(LAST_OF_MARCH, FIRST_OF_APRIL) == {"credits": (7, 3), "agents": (30, 9)}
    assert stretches(FIRST_OF_APRIL, FIRST_OF_APRIL) == [(0, 37, True)]


def test_what_was_not_known_yet_is_worth_nothing(pool):
    cast.grant(pool, 100, source="first", cost=33)
    cast.send("u1", 10, when=MARCH)
    cast.send("u2", 7, when=MARCH + cast.SECOND)

    assert worth(MARCH.date(), LAST_OF_MARCH, known_at=MARCH) == {"credits": (10, 3)}
    assert worth(MARCH.date(), LAST_OF_MARCH) == {"credits": (17, 6)}


@pytest.mark.parametrize(
    ("rounding", "credits", "agents"), [("HALF_UP", 2, 0), ("HALF_EVEN", 1, 1)]
)
def test_halves_round_as_the_books_have_it(pool, rounding, credits, agents):
    policies.change(
        "books", {"rounding": rounding}, effective_at=cast.START, recorded_at=cast.START,
        by="Fiona", approved_by="Otto",
    )  # fmt: skip
    cast.grant(pool, 100, source="first", cost=50)
    for number, meter in enumerate(("credits", "agents", "credits")):
        cast.send(f"u{number}", 1, meter=meter, when=MARCH)

    # After 1, 2 and 3 credits 0.5, 1 and 1.5 are released.
    assert worth(MARCH.date(), LAST_OF_MARCH) == {"credits": (2, credits), "agents": (1, agents)}


def test_values_beyond_64_bits_are_exact(pool):
    cast.grant(pool, 3 * 10**12, source="first", cost=10**13)
    cast.send("u1", 10**12, when=MARCH)
    cast.send("u2", 1, meter="agents", when=MARCH)

    third = 10**13 // 3  # 3,333,333,333,333.33; of the next credit on ...336.67
    assert worth(MARCH.date(), LAST_OF_MARCH) == {"credits": (10**12, third), "agents": (1, 4)}


def test_without_use_there_is_nothing(pool):
    assert meter_uses.of(MARCH.date(), LAST_OF_MARCH, known_at=MAY) == []
    assert not Drain.objects.exists()
