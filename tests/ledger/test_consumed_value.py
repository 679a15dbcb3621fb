"""What was used of paid credits in a window of time: by the time of its event, as known at an instant."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import consumed_value
from ledger.consumed_value import Used, Window
from ledger.models import Holder
from tests import cast
from tests.cast import END, START, at

pytestmark = pytest.mark.django_db

FEB, MARCH, APRIL = at("2026-02-01"), at("2026-03-01"), at("2026-04-01")


@pytest.fixture
def holder(db: None) -> Holder:
    """1,000 credits for $20.00. A delivery of January and February, one of February, one that is late."""
    holder, _, _ = cast.contract_pool(cast.customer(), commitment=1_000, price_minor=2_000)

    def send(day: str, **credits: int) -> None:
        batch = [
            cast.usage(
                f"{when}/{day}", number, time=at(f"2026-{when[1:3]}-{when[3:]}"), contract="c1"
            )
            for when, number in credits.items()
        ]
        cast.report(*batch, when=at(day))

    send("2026-02-06", d0110=10, d0120=20, d0205=40)
    send("2026-02-10", d0210=80)
    send("2026-02-15", d0125=160)
    send("2026-03-10", d0310=320)
    return holder


def used(holder: Holder, first: datetime, last: datetime, known_at: datetime = END) -> list[int]:
    """Credits used in a window, per block."""
    [found] = consumed_value.in_windows([Window(holder, "USD", first, last, known_at)])
    assert all(
        part.value_minor == part.value_functional_minor == 2 * part.credits for part in found
    )
    return [part.credits for part in found]


def test_a_delivery_that_lies_astride_a_bound_counts_up_to_it_and_from_it(holder: Holder):
    assert used(holder, START, FEB) == [190]
    assert used(holder, FEB, MARCH) == [120]
    assert used(holder, at("2026-01-15"), at("2026-02-08")) == [220]
    assert used(holder, START, END) == [630]


def test_of_what_does_not_lie_end_to_end_only_what_is_of_the_window_counts(holder: Holder):
    """Between the first delivery and the late one lies that of February the 10th."""
    assert used(holder, START, at("2026-02-08")) == [230]


def test_what_was_recorded_later_is_not_known_yet(holder: Holder):
    assert used(holder, START, FEB, at("2026-02-14")) == [30]
    assert used(holder, START, END, at("2026-02-14")) == [150]
    assert used(holder, START, END, MARCH) == [310]


def test_where_nothing_was_used_there_is_nothing(holder: Holder):
    assert used(holder, FEB, FEB) == []
    assert used(holder, at("2026-02-16"), MARCH) == []
    assert used(holder, APRIL, END) == []


def test_only_what_was_paid_in_the_currency_counts(holder: Holder):
    [found] = consumed_value.in_windows([Window(holder, "EUR", START, END, END)])

    assert found == []


def test_many_windows_are_one_query(holder: Holder):
    windows = [
        Window(holder, "USD", first, last, END) for first, last in ((START, FEB), (FEB, MARCH))
    ]
    with CaptureQueriesContext(connection) as queries:
        [january], [february] = consumed_value.in_windows(windows)

    assert len(queries) == 1
    assert (january, february) == (
        Used(january.block_id, 190, 380, 380), Used(january.block_id, 120, 240, 240),
    )  # fmt: skip
