"""What the books are: their zone, how halves are rounded, whether they are signed."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from creditops.lib import money, policies
from creditops.lib.refusals import Refusal
from ledger import books, closing, holders, posting, signing, statements
from ledger.models import JournalEntry, JournalLine
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db
SIGNED = {"names": ["Mara", "Otto"], "date": "2026-01-01", "document": "Policy 1"}


def change(when=START, effective_at=None, scope="books", **settings) -> None:
    policies.change(
        scope, settings, effective_at=effective_at or when, recorded_at=when, by="Fiona"
    )


def refused(**settings) -> str:
    with pytest.raises(Refusal) as refusal:
        change(**settings)
    return refusal.value.code


def revenue() -> list[int]:
    """What each entry of usage was worth, in order of posting."""
    lines = JournalLine.objects.filter(account__code="4000").order_by("entry_id")
    return [line.credit_minor for line in lines]


def use_and_post(days: int) -> None:
    """One credit a day; each day posted by itself."""
    for day in range(1, days + 1):
        cast.send(f"u{day}", 1, when=at(f"2026-01-{day + 1:02}"))
        posting.run(at(f"2026-01-{day + 1:02}"))


def five_cents_for_ten_credits() -> None:
    holder = holders.pay_as_you_go(cast.customer(), START)
    cast.buy(holder, credits=10, price_minor=5, when=START)


def test_halves_go_up_unless_the_books_say_otherwise():
    five_cents_for_ten_credits()
    use_and_post(4)

    # 0.5, 1.0, 1.5, 2.0 cents released: 1, 1, 2, 2.
    assert revenue() == [1, 1]


def test_books_that_round_to_the_even_neighbour_release_halves_so():
    change(rounding="HALF_EVEN")
    five_cents_for_ten_credits()
    use_and_post(7)

    # 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5 cents released: 0, 1, 2, 2, 2, 3, 4.
    assert revenue() == [1, 1, 1, 1]
    assert cast.breaches(at("2026-01-20")) == []


@pytest.mark.parametrize("rounding", [money.HALF_UP, money.HALF_EVEN])
def test_however_it_is_rounded_a_block_releases_what_it_cost(rounding):
    change(rounding=rounding)
    five_cents_for_ten_credits()
    use_and_post(10)

    assert sum(revenue()) == 5
    assert cast.breaches(at("2026-01-20")) == []


@given(st.integers(0, 10**6), st.integers(1, 10**4), st.lists(st.integers(1, 50), max_size=20))
def test_to_the_even_neighbour_any_split_adds_up(cost, quantity, uses):
    gone = value = 0
    for credits in uses:
        before = money.released(cost, quantity, gone, money.HALF_EVEN)
        gone += credits
        value += money.released(cost, quantity, gone, money.HALF_EVEN) - before

    assert value == money.released(cost, quantity, gone, money.HALF_EVEN)
    assert money.released(cost, quantity, quantity, money.HALF_EVEN) == cost


@pytest.mark.parametrize("rounding", [money.HALF_UP, money.HALF_EVEN])
def test_the_database_rounds_as_the_program_does(rounding):
    change(rounding=rounding)
    cases = [(c, q, r) for c in (0, 1, 3, 5, 7, 99) for q in (1, 2, 4, 6) for r in range(-7, 8)]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT creditops_released(c, q, r) FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])"
            " AS t (c, q, r)",
            [list(column) for column in zip(*cases, strict=True)],
        )
        found = [row[0] for row in cursor.fetchall()]

    assert found == [money.released(*case, rounding) for case in cases]


def test_rounding_and_zone_are_fixed_by_the_first_block():
    change(rounding="HALF_EVEN", accounting_zone="Asia/Tokyo")
    change(rounding="HALF_UP")
    five_cents_for_ten_credits()

    assert refused(rounding="HALF_EVEN") == "books_have_begun"
    assert refused(accounting_zone="UTC") == "books_have_begun"
    assert (books.current(START).rounding, books.current(START).time_zone) == (
        "HALF_UP", "Asia/Tokyo",
    )  # fmt: skip


def test_rounding_and_zone_act_at_once_and_for_the_whole_books_only():
    assert refused(rounding="HALF_EVEN", effective_at=at("2026-02-01")) == "setting_acts_at_once"
    assert refused(accounting_zone="UTC", scope="customer:acme") == "policy_of_the_books"
    assert refused(accounting_zone="Mars/North") == "policy_invalid"


def test_days_of_the_books_are_those_of_their_zone():
    change(accounting_zone="Asia/Tokyo")
    five_cents_for_ten_credits()
    cast.send("u1", 10, when=at("2026-01-31 16:00"))
    posting.run(at("2026-01-31 16:00"))

    # 16:00 in UTC is one o'clock of the next day in Tokyo.
    assert JournalEntry.objects.get(recipe="JE-05").posting_date == date(2026, 2, 1)


def test_the_books_take_one_question():
    books.current(START)
    change(rounding="HALF_EVEN", accounting_zone="Asia/Tokyo")

    with CaptureQueriesContext(connection) as asked:
        assert books.current(START).rounding == "HALF_EVEN"
    assert len(asked) == 1


def test_entries_are_drafts_until_the_books_are_signed():
    five_cents_for_ten_credits()
    use_and_post(2)

    before = signing.state(at("2026-01-10"))
    change(when=at("2026-01-11"), go_live_signed=SIGNED)

    assert before == signing.DRAFT
    assert signing.state(at("2026-01-10")) == signing.DRAFT
    assert signing.state(at("2026-01-11")) == signing.POSTED
    found = signing.signature(at("2026-01-11"))
    assert (found.names, found.signed_on, found.document, found.since) == (
        ("Mara", "Otto"), date(2026, 1, 1), "Policy 1", at("2026-01-11"),
    )  # fmt: skip


def test_a_month_of_books_that_are_not_signed_is_not_closed():
    with pytest.raises(Refusal) as refusal:
        closing.close_month(date(2026, 1, 1), by="Fiona", at=at("2026-02-10"))
    change(when=at("2026-02-11"), go_live_signed=SIGNED)

    assert refusal.value.code == "books_not_signed"
    assert (
        closing.close_month(date(2026, 1, 1), by="Fiona", at=at("2026-02-11")).closed_by == "Fiona"
    )


def test_signed_books_stay_signed_and_may_be_signed_anew():
    change(go_live_signed=SIGNED)

    assert refused(go_live_signed=False) == "books_are_signed"
    change(go_live_signed=SIGNED | {"document": "Policy 2"})
    assert signing.signature(START).document == "Policy 2"


@pytest.mark.parametrize(
    "value",
    [
        True,
        {},
        SIGNED | {"names": ["Mara"]},
        SIGNED | {"names": ["Mara", "Mara "]},
        SIGNED | {"names": "Mara, Otto"},
        SIGNED | {"date": "soon"},
        SIGNED | {"date": 5},
        SIGNED | {"document": " "},
        SIGNED | {"more": 1},
    ],
)
def test_a_signature_has_two_names_a_day_and_a_document(value):
    assert refused(go_live_signed=value) == "policy_invalid"


def test_the_reporting_view_says_what_is_a_draft():
    five_cents_for_ten_credits()
    use_and_post(1)

    def said() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT status FROM reporting.journal_line")
            return [row[0] for row in cursor.fetchall()]

    before = said()
    change(go_live_signed=SIGNED)

    assert (before, said()) == (["draft"], ["posted"])


def test_net_of_the_journal_is_the_same_before_and_after_the_signature():
    five_cents_for_ten_credits()
    use_and_post(3)
    before = statements.net(statements.lines())

    change(when=at("2026-01-20"), go_live_signed=SIGNED)

    assert statements.net(statements.lines()) == before
