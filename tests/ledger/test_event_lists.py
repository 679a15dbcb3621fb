"""Events, newest first, page by page."""

from __future__ import annotations

from ledger import corrections, event_lists, explain
from ledger.event_lists import Page
from tests import cast
from tests.cast import at


def keys(page: Page) -> list[str]:
    return [listed.event.key for listed in page.events]


def test_the_newest_stand_first_and_pages_follow_each_other(db: None):
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="a")
    times = ("2026-01-02", "2026-01-02", "2026-01-01 12:00", "2026-01-03")
    for number, time in enumerate(times):
        cast.send(f"e-{number}", 1, when=at("2026-01-04"), time=at(time))
    customer = pool.customer_id

    first = event_lists.newest(customer, limit=2)
    second = event_lists.newest(customer, limit=2, after=first.next)

    assert (keys(first), keys(second), second.next) == (["e-3", "e-1"], ["e-0", "e-2"], None)


def test_credits_are_shown_as_corrected(db: None):
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="a")
    uid = cast.send("e-1", 30, when=at("2026-01-02")).uid
    corrections.correct(
        explain.find(uid), credits=10, by="Fiona", reason="half", at=at("2026-01-03")
    )

    (listed,) = event_lists.newest(pool.customer_id, limit=5).events

    assert (listed.credits, listed.corrected, listed.uid) == (10, True, uid)


def test_a_meter_and_a_user_narrow_the_list(db: None):
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="a")
    cast.send("e-1", 1, when=at("2026-01-02"), user="lena")
    cast.send("e-2", 1, when=at("2026-01-02"), user="tom")

    assert keys(event_lists.newest(pool.customer_id, limit=5, user="tom")) == ["e-2"]
    assert keys(event_lists.newest(pool.customer_id, limit=5, meter="credits")) == ["e-2", "e-1"]
    assert keys(event_lists.newest(pool.customer_id, limit=5, meter="search")) == []


def test_events_of_others_are_not_in_it(db: None):
    cast.grant(cast.open_pool(cast.customer()), 100, source="a")
    other = cast.customer("other")
    cast.send("e-1", 1, when=at("2026-01-02"))

    assert keys(event_lists.newest(other.pk, limit=5)) == []
