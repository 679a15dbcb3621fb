"""What alerts go by, now and at any instant that is past (A1, X14, L16)."""

import pytest

from ledger import alert_measure, corrections, explain
from ledger.alert_measure import Measure
from tests import cast

pytestmark = pytest.mark.django_db

MARCH, APRIL, MAY = cast.at("2026-03-01"), cast.at("2026-04-01"), cast.at("2026-05-01")


def test_of_a_term_all_its_use_counts_overage_too_and_as_it_was_known_then():
    _, pool, _ = cast.contract_pool(cast.customer(), commitment=1_000, price_minor=1_000)
    first = cast.send("u1", 800, when=MARCH)
    cast.send("u2", 300, when=APRIL)
    corrections.correct(explain.find(first.uid), credits=700, by="Ada", reason="", at=MAY)

    assert alert_measure.now(pool, MAY) == Measure(consumed=1_000, left=100)
    assert alert_measure.as_of(pool, as_of=MARCH, known_at=MAY) == Measure(700, 300)
    assert alert_measure.as_of(pool, as_of=APRIL, known_at=APRIL) == Measure(1_100, 0)


def test_without_a_term_it_counts_from_the_oldest_block_that_was_alive_at_the_last_grant():
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="gone", when=cast.START, end=MARCH)
    cast.send("u1", 60, when=cast.at("2026-02-01"))
    cast.grant(pool, 100, source="new", when=MARCH)
    cast.send("u2", 30, when=APRIL)

    assert alert_measure.as_of(pool, as_of=cast.at("2026-02-15"), known_at=MAY) == Measure(60, 40)
    assert alert_measure.now(pool, APRIL) == Measure(30, 70)
    assert alert_measure.as_of(pool, as_of=APRIL, known_at=APRIL) == Measure(30, 70)
