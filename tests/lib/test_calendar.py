"""When things begin and end: months from an anchor, midnights that are missing or come twice."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditops.lib import calendar


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]  # parts are date and time


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2032, 2, 29), 12, date(2033, 2, 28)),
        (date(2032, 2, 29), 48, date(2036, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_months_are_counted_from_the_anchor_and_clamped(anchor, months, expected):
    assert calendar.add_months(anchor, months) == expected


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 28), 1),
        (date(2026, 1, 31), date(2026, 2, 27), 0),
        (date(2026, 1, 15), date(2027, 1, 15), 12),
        (date(2026, 1, 15), date(2027, 1, 14), 11),
        (date(2032, 2, 29), date(2033, 2, 28), 12),
        (date(2026, 3, 1), date(2026, 2, 1), -1),
    ],
)
def test_whole_months_between_two_dates(start, end, months):
    assert calendar.months_between(start, end) == months


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 600))
def test_so_many_months_later_are_so_many_months_between(start, months):
    assert calendar.months_between(start, calendar.add_months(start, months)) == months


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2026, 1, 1), "UTC", utc(2026, 1, 1)),
        (date(2026, 7, 1), "America/New_York", utc(2026, 7, 1, 4)),
        (date(2026, 1, 1), "America/New_York", utc(2026, 1, 1, 5)),
        (date(2026, 1, 1), "Asia/Kolkata", utc(2025, 12, 31, 18, 30)),
        (date(2026, 1, 1), "Pacific/Kiritimati", utc(2025, 12, 31, 10)),
    ],
)
def test_a_day_begins_at_local_midnight(day, zone, expected):
    assert calendar.local_midnight(day, zone) == expected


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        # Clocks jumped from midnight to one o'clock.
        (date(2018, 11, 4), "America/Sao_Paulo", utc(2018, 11, 4, 3)),
        (date(2026, 3, 29), "Asia/Beirut", utc(2026, 3, 28, 22)),
        # Samoa skipped the whole day to the other side of the date line.
        (date(2011, 12, 30), "Pacific/Apia", utc(2011, 12, 30, 10)),
        (date(2011, 12, 31), "Pacific/Apia", utc(2011, 12, 30, 10)),
    ],
)
def test_where_midnight_is_missing_the_day_begins_right_after_the_gap(day, zone, expected):
    assert calendar.local_midnight(day, zone) == expected


def test_where_midnight_comes_twice_the_earlier_one_counts():
    # In Cuba one o'clock becomes midnight again.
    assert calendar.local_midnight(date(2026, 11, 1), "America/Havana") == utc(2026, 11, 1, 4)


@pytest.mark.parametrize(
    ("first", "second", "zone", "hours"),
    [
        (date(2026, 3, 29), date(2026, 3, 30), "Europe/Berlin", 23),
        (date(2026, 10, 25), date(2026, 10, 26), "Europe/Berlin", 25),
        (date(2026, 3, 1), date(2026, 4, 1), "Europe/Berlin", 743),
        (date(2026, 6, 1), date(2026, 6, 2), "Europe/Berlin", 24),
        (date(2018, 11, 4), date(2018, 11, 5), "America/Sao_Paulo", 23),
    ],
)
def test_a_day_has_as_many_hours_as_its_clocks_have(first, second, zone, hours):
    length = calendar.local_midnight(second, zone) - calendar.local_midnight(first, zone)

    assert length == timedelta(hours=hours)


def test_a_wall_time_in_a_gap_is_the_first_instant_after_it():
    wall = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001  a wall clock's time

    assert calendar.local_instant(wall, "Europe/Berlin") == utc(2026, 3, 29, 1)


def test_a_wall_time_that_comes_twice_is_the_earlier_instant():
    wall = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001  a wall clock's time

    assert calendar.local_instant(wall, "Europe/Berlin") == utc(2026, 10, 25, 0, 30)


@given(
    st.dates(date(1970, 1, 2), date(2037, 12, 30)),
    st.sampled_from(
        ["Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Gaza"]
    ),
)
def test_a_day_begins_with_the_first_instant_that_has_its_date(day, zone):
    midnight = calendar.local_midnight(day, zone)

    assert calendar.local_date(midnight, zone) == day
    assert calendar.local_date(midnight - calendar.TICK, zone) < day


def test_the_last_day_is_that_of_the_last_usable_instant():
    assert calendar.last_day(utc(2026, 4, 1), "UTC") == date(2026, 3, 31)
    assert calendar.last_day(utc(2026, 4, 1, 0, 0, 1), "UTC") == date(2026, 4, 1)
    assert calendar.last_day(utc(2026, 3, 31, 22), "Europe/Berlin") == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("purchased", "months", "expected"),
    [
        (utc(2026, 1, 1), 3, utc(2026, 4, 1)),
        (utc(2026, 1, 31, 23, 59, 59, 999_999), 3, utc(2026, 4, 1)),
        (utc(2026, 2, 1), 3, utc(2026, 5, 1)),
        (utc(2026, 1, 15), 2, utc(2026, 3, 1)),
        (utc(2026, 12, 31), 3, utc(2027, 3, 1)),
    ],
)
def test_calendar_months_count_the_month_of_purchase(purchased, months, expected):
    assert calendar.expires_at(purchased, "CALENDAR_MONTH", months, "UTC") == expected


def test_the_month_of_purchase_is_the_local_one():
    bought = utc(2026, 1, 31, 23, 30)

    assert calendar.expires_at(bought, "CALENDAR_MONTH", 3, "UTC") == utc(2026, 4, 1)
    assert calendar.expires_at(bought, "CALENDAR_MONTH", 3, "Europe/Berlin") == utc(2026, 4, 30, 22)


@pytest.mark.parametrize(
    ("purchased", "months", "zone", "expected"),
    [
        (utc(2026, 1, 31, 10, 30), 1, "UTC", utc(2026, 2, 28, 10, 30)),
        (utc(2026, 1, 15, 10, 30), 3, "UTC", utc(2026, 4, 15, 10, 30)),
        # The wall clock's time, over a change to summer time.
        (utc(2026, 3, 1, 11), 1, "Europe/Berlin", utc(2026, 4, 1, 10)),
        (utc(2028, 2, 29), 12, "UTC", utc(2029, 2, 28)),
    ],
)
def test_an_anniversary_is_the_same_wall_time_months_later(purchased, months, zone, expected):
    assert calendar.expires_at(purchased, "ANNIVERSARY", months, zone) == expected
