"""Flat fees and licences: credits leave at once, revenue runs over the days (S26, S27, V7, R6)."""

from datetime import date

import pytest

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from ledger import corrections, entitlements, explain
from ledger.models import Entitlement, EntitlementRelease, UsageEvent
from tests import cast

pytestmark = pytest.mark.django_db

JANUARY_20 = cast.at("2026-01-20 10:00")
ITEMS = [
    Item("crm_sync", 5_000, kind="flat", period_months=12),
    Item("seat", 100, kind="licence", period_months=1),
    Item("action", 3),
]


@pytest.fixture
def holder():
    """Acme's open pool of 20,000 credits for $200.00, and a rate card."""
    return opened()


def opened():
    rate_cards.publish(
        card="std", version="v1", items=ITEMS, effective_from=cast.START, by="Sam", at=cast.START
    )
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 20_000, source="pool", cost=20_000)
    agreements.follow_rates(pool.holder, rate_cards.find("std"), at=cast.START)
    return pool.holder


def unlock(holder, *, when=cast.START, **fields) -> Entitlement:
    usual = {"item": "crm_sync", "source": "order 1", "by": "Ada"}
    return entitlements.unlock(holder, at=when, **usual | fields)


def charge(holder, users=25, *, when=cast.START, **fields) -> Entitlement:
    usual = {"item": "seat", "source": "order 2", "by": "Ada"}
    return entitlements.charge_licences(holder, users=users, at=when, **usual | fields)


def test_a_flat_fee_is_drawn_at_once_and_earned_by_day(holder):
    unlock(holder)
    assert cast.left_of(holder, cast.START) == 15_000

    cast.run_due(cast.at("2026-03-01"))

    assert cast.journal(cast.at("2026-03-01")) == [
        "2026-01-01 JE-07 debit 2100 50.00, credit 2120 50.00",
        "2026-01-31 JE-07 debit 2120 4.25, credit 4000 4.25",
        "2026-02-28 JE-07 debit 2120 3.83, credit 4000 3.83",
    ]


def test_of_credits_that_earn_in_proportion_it_is_earned_with_their_use_at_the_months_end():
    """V10: nothing of it stands on 2120, and the books are whole."""
    policies.change(
        policies.BOOKS, {"breakage": "PROPORTIONAL"}, effective_at=cast.START, recorded_at=cast.START,
        by="Fiona", approved_by="Otto",
    )  # fmt: skip
    unlock(opened())
    cast.run_due(cast.at("2026-03-01"))

    assert cast.journal(cast.at("2026-03-01")) == [
        "2026-01-31 JE-13 debit 2100 50.00, credit 4000 50.00"
    ]
    told = {breach.check for breach in cast.breaches(cast.at("2026-03-01"))}
    assert "entitlements_are_deferred_until_earned" not in told


def test_all_of_it_is_earned_at_its_end_to_the_cent(holder):
    unlock(holder)

    cast.run_due(cast.at("2027-02-01"))

    released = EntitlementRelease.objects.order_by("through")
    assert (released.count(), released.last().cumulative_minor) == (12, 5_000)


def test_an_end_inside_a_month_is_posted_on_its_last_day(holder):
    unlock(holder, ends_on=date(2026, 1, 11))

    cast.run_due(cast.at("2026-02-01"))

    assert cast.journal(cast.at("2026-02-01"))[1:] == [
        "2026-01-10 JE-07 debit 2120 50.00, credit 4000 50.00"
    ]


def test_licences_added_in_the_middle_of_a_month_are_charged_in_full(holder):
    """R6: the period is the local calendar month."""
    made = charge(holder, 2, when=JANUARY_20)

    cast.run_due(cast.at("2026-02-01"))

    assert (made.starts_on, made.ends_on) == (date(2026, 1, 1), date(2026, 2, 1))
    assert cast.left_of(holder, JANUARY_20) == 19_800
    assert cast.journal(cast.at("2026-02-01")) == [
        "2026-01-20 JE-07 debit 2100 2.00, credit 2120 2.00",
        "2026-01-31 JE-07 debit 2120 2.00, credit 4000 2.00",
    ]


def test_the_blocks_of_one_call_make_one_amount(holder):
    cast.grant(
        cast.open_pool(holder.customer), 3, source="odd", cost=100, when=cast.at("2025-12-01")
    )

    made = unlock(holder, when=JANUARY_20)

    assert entitlements.value_minor(made) == 100 + 4_997


def test_usage_never_draws_a_flat_fee_or_a_licence(holder):
    outcome = cast.report(cast.usage("u1", 1, meter="crm_sync"), when=cast.START).outcomes[0]

    assert (outcome.status, outcome.code) == ("exception", "no_rate")


def test_what_paid_for_access_is_not_given_back(holder):
    unlock(holder)
    event = UsageEvent.objects.get()

    with pytest.raises(Refusal) as refused:
        corrections.void(event, by="Fiona", reason="typo", at=JANUARY_20)

    assert refused.value.code == "entitlement_not_corrected"
    assert explain.credits(event) == 5_000


@pytest.mark.parametrize(
    ("act", "fields", "code"),
    [
        (unlock, {"item": "seat"}, "item_not_sold"),
        (unlock, {"item": "nothing"}, "item_not_sold"),
        (unlock, {"ends_on": date(2026, 1, 1)}, "entitlement_ends_before_it_begins"),
        (unlock, {"source": "known"}, "already_granted"),
        (charge, {"item": "crm_sync"}, "item_not_sold"),
        (charge, {"users": 0}, "users_not_positive"),
        (charge, {"users": 1_000}, "insufficient_credits"),
    ],
)
def test_what_cannot_be_had_is_refused_and_nothing_is_drawn(holder, act, fields, code):
    unlock(holder, source="known")

    with pytest.raises(Refusal) as refused:
        act(holder, **fields)

    assert refused.value.code == code
    assert (Entitlement.objects.count(), UsageEvent.objects.count()) == (1, 1)
    assert cast.left_of(holder, cast.START) == 15_000
