"""Free credits are booked by the policy of their grant: not at all, at cost, gross, or spread (V8)."""

import contextlib
from datetime import timedelta
from random import Random

import pytest
from django.db import IntegrityError, connection, transaction

from contracts import free_credits, prices
from creditops.lib.refusals import Refusal
from ledger import balances, closing, corrections, grants, holders, statements, units
from ledger.models import Block, BlockLayer, CostLayer, UsageEvent
from tests import cast
from tests.cast import at

pytestmark = pytest.mark.django_db

JAN, FEB, MAR, APR = at("2026-01-01"), at("2026-02-01"), at("2026-03-01"), at("2026-04-01")
END = at("2027-01-01")
DAY = timedelta(days=1)


@pytest.fixture
def acme():
    return holders.pay_as_you_go(cast.customer(), JAN)


def paid(holder, credits=50_000, price=50_000, *, when=JAN, source="order 1", end=END, **order):
    bought = cast.buy(
        holder,
        when=when,
        credits=credits,
        price_minor=price,
        source=source,
        expires_at=end,
        **order,
    )
    return bought.blocks[0]


def free(holder, policy, credits=10_000, *, when=FEB, source="gift", end=END, **fields) -> Block:
    usual = {"kind": "promo", "by": "Sam", "reason": "campaign"}
    return free_credits.give(
        holder,
        credits=credits,
        source=source,
        promo_policy=policy,
        expires_at=end,
        at=when,
        **usual | fields,
    )


def carried(holder, when):
    """What each block carries, by source, in cents."""
    [pool] = balances.pools_of(holder)
    found = balances.of_pool(pool, as_of=when, known_at=when)
    return {block.source: block.value_left_minor for block in found.blocks}


def used(when) -> list[str]:
    """The journal but for purchases."""
    return [entry for entry in cast.journal(when) if "JE-02" not in entry]


# ---------------------------------------------------------------- valued when used


@pytest.mark.parametrize(
    ("policy", "value", "entry"),
    [
        ("MARKETING_EXPENSE", {"standard_cost_per_credit": "0.004"},
         "JE-10 debit 6200 16.00, credit 5000 16.00"),
        ("CONTRA_REVENUE", {"list_price_per_credit": "0.01"},
         "JE-11 debit 4090 40.00, credit 4000 40.00"),
    ],
)  # fmt: skip
def test_use_of_free_credits_is_valued_by_their_policy(acme, policy, value, entry):
    paid(acme)
    free(acme, policy, **value)
    cast.send("u1", 4_000, when=MAR)

    assert used(MAR) == [f"2026-03-01 {entry}"]
    assert cast.breaches(MAR) == []


def test_the_list_price_is_the_one_in_force_unless_it_is_said(acme):
    prices.publish(currency="USD", credits_per_currency_unit=40, effective_from=JAN, by="F", at=JAN)
    free(acme, "CONTRA_REVENUE")
    cast.send("u1", 3, when=MAR)

    assert used(MAR) == ["2026-03-01 JE-11 debit 4090 0.08, credit 4000 0.08"]


def test_what_is_used_adds_up_whatever_expired_and_came_back_between(acme):
    """u, not r: 3 used at 0.4 cents each is 1 cent, though 7 expired between the draws."""
    free(acme, "MARKETING_EXPENSE", 10, end=MAR, standard_cost_per_credit="0.004")
    cast.send("u1", 1, when=at("2026-02-10"))
    cast.run_due(MAR)
    cast.journal(MAR)
    late = at("2026-03-02")
    cast.report(cast.usage("u2", 2, time=at("2026-02-20")), when=late)

    assert used(late) == ["2026-02-20 JE-10 debit 6200 0.01, credit 5000 0.01"]


def test_a_correction_takes_back_what_the_use_was_valued_at(acme):
    """Posted on the day of the act, in the same accounts."""
    free(acme, "CONTRA_REVENUE", list_price_per_credit="0.005")
    cast.send("u1", 3, when=MAR)
    cast.journal(MAR)
    [event] = drawn_events()
    corrections.correct(event, credits=1, by="Fiona", reason="twice", at=APR)

    assert used(APR) == [
        "2026-03-01 JE-11 debit 4090 0.02, credit 4000 0.02",
        "2026-04-01 JE-11 debit 4000 0.01, credit 4090 0.01",
    ]


def test_expired_free_credits_are_no_breakage(acme):
    free(acme, "CONTRA_REVENUE", end=MAR, list_price_per_credit="0.01")
    cast.run_due(APR)

    assert used(APR) == []


def test_a_policy_is_fixed_at_the_grant_with_its_value(acme):
    """The database keeps it: written once, and no policy without what it needs."""
    block = free(acme, "MARKETING_EXPENSE", standard_cost_per_credit="0.004")

    assert (block.promo_minor, block.promo_credits) == (2, 5)
    with pytest.raises(IntegrityError, match="promo_value_follows_policy"), transaction.atomic():
        cast.grant(acme.pools.get(), 5, source="x", kind="promo", promo_policy="CONTRA_REVENUE")
    with pytest.raises(IntegrityError, match="is_for_free_credits"), transaction.atomic():
        cast.grant(acme.pools.get(), 5, source="y", kind="paid", promo_policy="ZERO_COST")


@pytest.mark.parametrize(
    ("policy", "fields", "code"),
    [
        ("MARKETING_EXPENSE", {}, "promo_value_missing"),
        ("CONTRA_REVENUE", {}, "promo_value_missing"),
        ("CONTRA_REVENUE", {"list_price_per_credit": "-1"}, "promo_value_negative"),
        ("CONTRA_REVENUE", {"list_price_per_credit": "NaN"}, "decimal_unreadable"),
        ("RESPREAD", {"kind": "bonus"}, "promo_policy_unfit"),
        ("RESPREAD", {}, "respread_of_nothing"),
        ("FREE", {}, "promo_policy_unknown"),
    ],
)
def test_what_a_policy_lacks_is_refused_and_nothing_is_granted(acme, policy, fields, code):
    with pytest.raises(Refusal) as refused, transaction.atomic():
        free(acme, policy, **fields)

    assert refused.value.code == code
    assert not Block.objects.exists()


# ---------------------------------------------------------------- spread


def test_re_spreading_spreads_the_price_over_paid_and_free_credits(acme):
    """A10d: $500 over 60,000 in place of 50,000 credits; 4,000 used are $33.33."""
    paid(acme)
    free(acme, "RESPREAD")
    cast.send("u1", 4_000, when=MAR)

    assert used(MAR) == ["2026-03-01 JE-05 debit 2100 33.33, credit 4000 33.33"]
    assert carried(acme, MAR) == {"order 1:credits": 41_667, "gift": 5_000}
    assert carried(acme, at("2026-01-15")) == {"order 1:credits": 50_000}
    assert cast.breaches(MAR) == []


def test_only_what_is_still_deferred_is_spread(acme):
    paid(acme, 100, 1_000)
    cast.send("u1", 40, when=at("2026-01-10"))
    free(acme, "RESPREAD", 60)

    pooled = CostLayer.objects.get(kind="pooled")
    assert (pooled.quantity, pooled.cost_minor) == (120, 600)


def test_what_ended_before_expires_at_its_old_value_though_no_sweep_has_run(acme):
    """L11: paid credits that ended are not open, and those on a shared layer lapse first."""
    paid(acme, 100, 1_000, source="order 1", end=at("2026-02-15"))
    paid(acme, 100, 1_000, source="order 2")
    free(acme, "RESPREAD", 200, when=FEB)
    free(acme, "RESPREAD", 100, when=MAR, source="gift 2")

    newest = CostLayer.objects.filter(kind="pooled").latest("id")
    assert (newest.quantity, newest.cost_minor) == (400, 1_500)
    cast.run_due(MAR)
    assert used(MAR) == ["2026-02-14 JE-12 debit 2100 5.00, credit 4010 5.00"]
    assert cast.breaches(MAR) == []


def test_a_correction_of_use_from_before_gives_back_at_the_shared_layer(acme):
    """Trap 5: released falls below zero there; over its life the layer still gives what it cost."""
    paid(acme, 100, 1_000)
    cast.send("u1", 90, when=at("2026-01-10"))
    free(acme, "RESPREAD", 10, kind="compensation")
    [event] = drawn_events()
    corrections.void(event, by="Fiona", reason="mistake", at=MAR)

    assert carried(acme, MAR) == {"order 1:credits": 500, "gift": 50}
    assert cast.breaches(MAR) == []


def test_late_use_of_credits_that_expired_after_a_spread_is_reclassified_at_its_value(acme):
    """L9, JE-32."""
    paid(acme, 100, 1_000, end=MAR)
    free(acme, "RESPREAD", 100, end=END)
    cast.run_due(MAR)
    late = at("2026-03-05")
    cast.journal(late)
    cast.report(cast.usage("u1", 150, time=at("2026-02-20")), when=late)

    assert used(late) == [
        "2026-02-20 JE-05 debit 2100 2.50, credit 4000 2.50",
        "2026-02-20 JE-05 debit 2100 5.00, credit 4000 5.00",
        "2026-02-20 JE-32 debit 4010 2.50, credit 2100 2.50",
        "2026-02-28 JE-12 debit 2100 5.00, credit 4010 5.00",
    ]
    assert cast.breaches(late) == []


def test_blocks_and_their_ends_stay_and_roll_over_as_before():
    """L2, L12: only the value moves."""
    contract = cast.sign(auto_renew=True)
    free(contract.holder, "RESPREAD", 100_000, end=None)
    cast.send("u1", 150_000, when=MAR, contract="c1")
    cast.run_due(END)

    assert carried(contract.holder, END)["contract:c1:term:1:commitment"] == 25_000
    assert cast.breaches(END) == []


def test_in_a_closed_month_nothing_is_posted_of_what_lapses(acme):
    """T7: on the day of the act instead."""
    paid(acme, 100, 1_000, source="order 1", end=at("2026-02-15"))
    paid(acme, 100, 1_000, source="order 2")
    free(acme, "RESPREAD", 200, when=FEB)
    cast.sign_books()
    closing.close_month(FEB.date(), by="Fiona", at=MAR)
    free(acme, "RESPREAD", 100, when=at("2026-03-03"), source="gift 2")

    assert used(at("2026-03-03")) == ["2026-03-03 JE-12 debit 2100 5.00, credit 4010 5.00"]


def test_two_currencies_are_not_spread_over_each_other(acme):
    paid(acme, 100, 1_000)
    foreign = grants.Grant(
        kind="paid", credits=10, source="eur", effective_at=JAN, expires_at=END, cost_minor=100,
        currency="EUR", cost_functional_minor=110,
    )  # fmt: skip
    grants.issue(holders.pool(acme, units.ensure("CREDIT"), JAN), [foreign], at=JAN)

    with pytest.raises(Refusal) as refused, transaction.atomic():
        free(acme, "RESPREAD")
    assert refused.value.code == "respread_in_another_currency"


@pytest.mark.parametrize(("quantity", "cost"), [(100, 999), (101, 1_000)])
def test_a_pooled_layer_that_does_not_add_up_is_refused_by_the_database(acme, quantity, cost):
    block = paid(acme, 100, 1_000)

    with pytest.raises(IntegrityError, match="what its blocks brought along"), transaction.atomic():
        _pool_by_hand(block, quantity, cost)


def _pool_by_hand(block, quantity, cost):
    layer = CostLayer.objects.create(
        customer_id=block.customer_id, kind="pooled", quantity=quantity, cost_minor=cost,
        currency="USD", cost_functional_minor=cost, recorded_at=FEB,
    )  # fmt: skip
    BlockLayer.objects.create(
        customer_id=block.customer_id, block=block, no=2, layer=layer, recorded_at=FEB
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_sum_of_releases_is_the_cost(seed):
    """Z3, M4: 2100 is the value of the layers at every step, and at the end nothing is left of it."""
    buyer = holders.pay_as_you_go(cast.customer(), JAN)
    story = Random(seed)
    bought, when = 700, at("2026-01-02")
    paid(buyer, 90, bought, when=when, source="first", end=APR)
    for number in range(40):
        when += story.random() * 5 * DAY
        if story.random() < 0.7:
            cast.run_due(when)
        act = story.choice(["buy", "spread", "spread", "use", "use", "use", "late", "correct"])
        end = when + story.randint(5, 60) * DAY
        if act == "buy":
            price = story.randint(1, 5_000)
            paid(buyer, story.randint(1, 300), price, when=when, source=f"o{number}", end=end)
            bought += price
        elif act == "spread":
            _spread_if_possible(buyer, story.randint(1, 200), when, f"g{number}", end)
        elif act == "correct":
            _correct_one(story, when)
        else:
            time = when - story.randint(1, 20) * DAY if act == "late" else when
            cast.report(cast.usage(f"u{number}", story.randint(1, 120), time=time), when=when)
        if story.random() < 0.3:
            assert cast.breaches(when) == []
            assert deferred() == sum(carried(buyer, when).values())
    over = at("2028-01-01")
    cast.run_due(over)
    assert cast.breaches(over) == []
    revenue = statements.revenue(statements.lines())
    assert (deferred(), revenue.usage + revenue.breakage) == (0, bought)


def _spread_if_possible(holder, credits, when, source, end):
    with contextlib.suppress(Refusal), transaction.atomic():
        free(holder, "RESPREAD", credits, when=when, source=source, end=end)


def _correct_one(story, when):
    events, credits = drawn_events(), story.randint(0, 150)
    if events:
        with contextlib.suppress(Refusal), transaction.atomic():
            corrections.correct(
                story.choice(events), credits=credits, by="Fiona", reason="test", at=when
            )


def deferred() -> int:
    return -statements.balance(statements.lines(), ["2100"])


def drawn_events():
    return list(UsageEvent.objects.filter(status="a").order_by("id"))
