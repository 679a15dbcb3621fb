"""How use is spread over users: who uses nothing, and what the heaviest use together (S5, S44, S45)."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import concentration, corrections
from ledger.concentration import Group, Heavy, SeatOutcome, Spread
from ledger.models import Pool, UsageEvent, UserName
from tests.cast import at, contract_pool, customer, grant, open_pool, report, send, unit, usage

NOW = at("2026-02-10")
FEBRUARY = at("2026-02-01")
MARCH = at("2026-03-01")

# The guide's account: half use nothing, 200 of 160,000 use twice as much as all others together.
EVERYBODY = 160_000
DEMAND = [Group(80_000, 0), Group(79_800, 50), Group(200, 40_000)]


@pytest.fixture
def pool(db: None) -> Pool:
    """Acme's 1,000 credits."""
    made = open_pool(customer())
    grant(made, 1_000, source="b1")
    return made


def spread(pool: Pool, **changes) -> Spread:
    """Acme's use in February, the two heaviest named."""
    asked = {"first": FEBRUARY, "last": MARCH, "top": 2} | changes
    return concentration.of(pool.customer_id, **asked)


def test_the_heaviest_are_named_and_those_without_use_counted(pool):
    for user, credits in (("ann", 60), ("bob", 30), ("cleo", 10), ("dan", 0)):
        send(f"e-{user}", credits, when=NOW, user=user)

    found = spread(pool)

    assert (found.users, found.without_use, found.credits) == (4, 1, 100)
    assert found.top == [Heavy("ann", 60), Heavy("bob", 30)]
    assert found.top_credits == 90
    assert [found.top_share_pct, found.without_use_pct] == [90, 25]


def test_who_used_something_at_another_time_used_nothing_in_this_one(pool):
    send("e1", 10, when=at("2026-01-20"), user="ann")
    send("e2", 10, when=NOW, user="bob")

    assert (spread(pool).users, spread(pool).without_use) == (2, 1)


def test_the_number_of_people_with_access_may_be_told(pool):
    send("e1", 10, when=NOW, user="ann")

    assert (spread(pool, users=10).users, spread(pool, users=10).without_use) == (10, 9)
    assert spread(pool, users=0).users == 1


def test_use_counts_by_event_time_as_corrected(pool):
    send("e1", 10, when=NOW, user="ann")
    send("e2", 20, when=NOW, user="bob", time=FEBRUARY - timedelta(minutes=1))
    event = UsageEvent.objects.get(key="e1")
    corrections.correct(event, credits=4, by="Fiona", reason="test", at=NOW)

    found = spread(pool)

    assert (found.credits, found.top, found.without_use) == (4, [Heavy("ann", 4)], 1)


def test_events_that_name_nobody_stand_apart(pool):
    send("e1", 10, when=NOW, user="ann")
    send("e2", 90, when=NOW)

    found = spread(pool)

    assert (found.credits, found.nameless) == (10, 90)
    assert found.top_share_pct == 100


def test_of_one_contract_or_unit(pool):
    holder, _, _ = contract_pool(pool.customer, commitment=100, price_minor=0)
    send("e1", 10, when=NOW, user="ann", contract="c1")
    send("e2", 20, when=NOW, user="bob", contract=pool.holder.code)

    assert spread(pool, holder_id=holder.id).credits == 10
    assert spread(pool, unit_id=pool.unit_id).credits == 30
    assert spread(pool, unit_id=unit("DATA").id).credits == 0


def test_where_nothing_was_used_there_is_nobody_to_name(pool):
    found = spread(pool)

    assert found == Spread(users=0, without_use=0, credits=0, nameless=0, top=[])
    assert [found.top_share_pct, found.without_use_pct] == [0, 0]


def test_an_erased_user_keeps_a_number(pool):
    send("e1", 10, when=NOW, user="ann")
    number = UserName.objects.get(name="ann")
    UserName.objects.filter(id=number.id).update(name=None)

    assert spread(pool).top == [Heavy(f"user {number.id}", 10)]


def test_a_thousand_users_take_as_many_queries_as_ten(pool):
    assert queries_with(pool, range(10)) == queries_with(pool, range(10, 1_000)) == 1


def queries_with(pool: Pool, users: range) -> int:
    """How many queries the report takes when these users have used a credit each, too."""
    report(*[usage(f"e{n}", 1, user=f"user {n}") for n in users], when=NOW)
    with CaptureQueriesContext(connection) as captured:
        found = spread(pool)
    assert found.credits == users.stop
    return len(captured)


def test_a_hundred_and_sixty_thousand_users_are_counted_at_once(pool):
    let_them_use(pool)

    found = spread(pool, top=200, users=EVERYBODY)

    assert (found.users, found.without_use) == (EVERYBODY, 80_000)
    assert found.credits == 11_990_000
    assert (found.top_credits, len(found.top)) == (8_000_000, 200)
    assert concentration.pct_text(found.top_share_pct) == "66.72"
    assert concentration.pct_text(found.without_use_pct) == "50.00"


def let_them_use(pool: Pool) -> None:
    """The guide's demand, put into the books as bare rows: only reading them is tested."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_usageevent (customer_id, source_id, key, id, event_time, recorded_at,"
            " meter_id, holder_id, pool_id, user_id, quantity, credits, status, code)"
            " SELECT %(customer)s, 1, 'e' || n, n, %(now)s, %(now)s,"
            "   (SELECT id FROM ledger_meter WHERE code = 'credits'), %(holder)s, %(pool)s, n,"
            "   each.credits, each.credits, 'a', ''"
            " FROM generate_series(1, 80000) AS n"
            " CROSS JOIN LATERAL (SELECT CASE WHEN n <= 200 THEN 40000 ELSE 50 END AS credits)"
            "   AS each",
            {"now": NOW, "customer": pool.customer_id, "holder": pool.holder_id, "pool": pool.id},
        )


def test_a_pool_serves_all_of_the_guides_demand():
    assert concentration.pooled(DEMAND, 16_000_000) == SeatOutcome(11_990_000, 0, 4_010_000)


def test_seats_refuse_two_thirds_of_it_and_leave_three_quarters_of_the_credits():
    found = concentration.per_seat(DEMAND, 16_000_000, 100)

    assert found == SeatOutcome(served=4_010_000, refused=7_980_000, left=11_990_000)


def test_a_pool_that_is_too_small_serves_what_it_has():
    assert concentration.pooled([Group(2, 60)], 100) == SeatOutcome(100, 20, 0)
    assert concentration.per_seat([Group(2, 60)], 100, 70) == SeatOutcome(100, 20, 0)


def test_the_share_of_the_heaviest_of_a_demand():
    assert concentration.top_share_pct(DEMAND, 200) == Fraction(800_000_000, 11_990_000)
    assert concentration.top_share_pct([Group(3, 10)], 2) == Fraction(200, 3)
    assert concentration.top_share_pct([Group(3, 10)], 9) == 100
    assert concentration.top_share_pct([Group(3, 0)], 1) == 0
