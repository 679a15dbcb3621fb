"""Breakage in proportion to use: runs at month ends, estimates, expiry and what comes late (V9, V10)."""

import contextlib
from datetime import date, timedelta
from fractions import Fraction
from random import Random

import pytest
from django.db import IntegrityError, transaction

from contracts import free_credits
from creditops import schedule
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import credit_notes
from invoicing.models import Invoice
from ledger import (
    balances,
    block_rolls,
    breakage,
    closing,
    corrections,
    explain,
    holders,
    recognition,
    statements,
)
from ledger.breakage import Earned, Use
from ledger.models import Block, Recognition, UsageEvent
from tests import cast
from tests.cast import at

pytestmark = pytest.mark.django_db

JAN, FEB, MAR, APR, MAY = (at(f"2026-0{month}-01") for month in range(1, 6))
DAY = timedelta(days=1)


def setting(when=JAN, **values):
    policies.change(
        "books", values, effective_at=when, recorded_at=when, by="Fiona", approved_by="Otto"
    )


@pytest.fixture
def acme():
    setting(breakage="PROPORTIONAL")
    return holders.pay_as_you_go(cast.customer(), JAN)


def paid(holder, credits=100, price=10_000, *, when=JAN, source="order 1", end=APR) -> Block:
    bought = cast.buy(
        holder, when=when, credits=credits, price_minor=price, source=source, expires_at=end
    )
    return bought.blocks[0]


def expect(block, expected, *, when=JAN, **fields):
    usual = {"by": "Fiona", "approved_by": "Otto", "reason": "history of the plan"}
    return recognition.estimate(block, expected=expected, at=when, **usual | fields)


def booked(when) -> list[str]:
    """The journal but for purchases."""
    return [entry for entry in cast.journal(when) if "JE-02" not in entry]


def deferred() -> int:
    return -statements.balance(statements.lines(), ["2100"])


# ---------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(
    ("use", "estimate", "state", "earned"),
    [
        (Use(1_000, 100, 45, 0, 55), 90, 0, Earned(450, 0, 50, 0)),
        (Use(1_000, 100, 45, 0, 55), None, 0, Earned(450, 0, 0, 0)),
        (Use(1_000, 100, 45, 10, 55), 20, 0, Earned(450, 100, 550, 0)),
        (Use(1_000, 100, 0, 0, 100), 0, 0, Earned(0, 0, 1_000, 0)),
        (Use(1_000, 100, 40, 0, 0), 90, 0, Earned(400, 0, 600, 0)),
        (Use(1_000, 100, 40, 0, 60), 40, Fraction(1, 4), Earned(400, 0, 450, 0)),
        (Use(1_000, 100, 40, 0, 0), 40, Fraction(1, 4), Earned(400, 0, 450, 150)),
        (Use(0, 0, 0, 0, 0), None, 0, Earned()),
    ],
)  # fmt: skip
def test_what_is_earned_of_a_block(use, estimate, state, earned):
    """V10; F3: the state's share is never revenue, and is owed once credits have expired."""
    assert breakage.earned(use, estimate, Fraction(state)) == earned


# ---------------------------------------------------------------- runs


def test_draws_post_nothing_and_the_month_end_books_use_and_breakage(acme):
    expect(paid(acme), 80)
    cast.send("u1", 40, when=at("2026-01-20"))
    assert booked(at("2026-01-31")) == []

    cast.run_due(FEB)

    assert booked(FEB) == [
        "2026-01-31 JE-13 debit 2100 50.00, credit 4000 40.00, credit 4010 10.00"
    ]
    assert cast.breaches(FEB) == []


def test_a_run_that_comes_late_books_the_same(acme):
    """Counted by posting date: use of February is no part of January's run."""
    expect(paid(acme), 80)
    cast.send("u1", 40, when=at("2026-01-20"))
    cast.send("u2", 20, when=at("2026-02-20"))
    cast.run_due(at("2026-03-15"))

    assert booked(at("2026-03-15")) == [
        "2026-01-31 JE-13 debit 2100 50.00, credit 4000 40.00, credit 4010 10.00",
        "2026-02-28 JE-13 debit 2100 25.00, credit 4000 20.00, credit 4010 5.00",
    ]


def test_in_a_closed_month_nothing_is_booked(acme):
    """T7: the run posts on its own day."""
    paid(acme)
    cast.send("u1", 40, when=at("2026-01-20"))
    cast.sign_books()
    closing.close_month(date(2026, 1, 1), by="Fiona", at=at("2026-02-01 00:00"))
    schedule.run_due(at("2026-02-05"), now=at("2026-02-05"))

    assert booked(at("2026-02-05")) == ["2026-02-05 JE-13 debit 2100 40.00, credit 4000 40.00"]


def test_a_month_ends_in_the_zone_of_the_books(settings):
    settings.BOOKS_TIME_ZONE = "America/New_York"
    setting(breakage="PROPORTIONAL")
    acme = holders.pay_as_you_go(cast.customer(), JAN)
    paid(acme)
    cast.send("u1", 40, when=at("2026-01-20"))
    cast.run_due(at("2026-02-01 04:59"))
    assert not Recognition.objects.exists()

    cast.run_due(at("2026-02-01 05:00"))

    assert Recognition.objects.get().through == date(2026, 1, 31)


def test_which_rule_a_block_follows_is_fixed_at_its_grant(acme):
    """P: changing a setting never touches the past."""
    first = paid(acme)
    setting(when=FEB, breakage="AT_EXPIRY")
    second = paid(acme, when=FEB, source="order 2")

    assert (first.breakage, second.breakage) == ("PROPORTIONAL", "AT_EXPIRY")
    assert free_credits.give(
        acme, kind="promo", credits=5, source="gift", by="Sam", reason="test", at=JAN
    ).breakage == "AT_EXPIRY"  # fmt: skip
    with pytest.raises(Refusal) as refused:
        expect(second, 50, when=FEB)
    assert refused.value.code == "estimate_unfit"


def test_credits_that_expire_at_once_are_not_affected():
    setting(breakage="AT_EXPIRY")
    acme = holders.pay_as_you_go(cast.customer(), JAN)
    paid(acme)
    cast.send("u1", 40, when=at("2026-01-20"))
    cast.run_due(APR)

    assert [entry.split()[1] for entry in booked(APR)] == ["JE-05", "JE-12"]


# ---------------------------------------------------------------- estimates


def test_a_new_estimate_is_caught_up_with_and_may_take_back(acme):
    """V10, A11: cumulative, so a higher expectation makes breakage negative."""
    block = paid(acme)
    expect(block, 50)
    cast.send("u1", 40, when=at("2026-01-20"))
    cast.run_due(FEB)
    expect(block, 80, when=FEB)
    cast.run_due(MAR)

    assert booked(MAR) == [
        "2026-01-31 JE-13 debit 2100 80.00, credit 4000 40.00, credit 4010 40.00",
        "2026-02-28 JE-13 debit 4010 30.00, credit 2100 30.00",
    ]


def test_an_estimate_may_be_booked_on_a_day(acme):
    block = paid(acme)
    cast.send("u1", 40, when=at("2026-01-20"))
    expect(block, 80, when=FEB, post_on=date(2026, 1, 25))

    assert booked(FEB)[0].startswith("2026-01-25 JE-13 debit 2100 50.00")


def test_of_a_closed_account_everything_is_earned(acme):
    """V9: REMOTE, with a reason."""
    block = paid(acme)
    expect(block, 0, when=FEB, reason="account closed", post_on=date(2026, 2, 1))

    assert booked(FEB) == ["2026-02-01 JE-13 debit 2100 100.00, credit 4010 100.00"]
    assert cast.breaches(FEB) == []


def test_an_estimate_that_can_not_be_is_refused_and_nothing_is_written(acme):
    block = paid(acme)
    cast.sign_books()
    closing.close_month(date(2026, 1, 1), by="Fiona", at=FEB)
    found = []
    for fields in (
        {"expected": 101},
        {"expected": -1},
        {"expected": 50, "approved_by": "Fiona"},
        {"expected": 50, "post_on": date(2026, 1, 31)},
    ):
        with pytest.raises(Refusal) as refused:
            expect(block, fields.pop("expected"), when=FEB, **fields)
        found.append(refused.value.code)

    assert found == ["estimate_too_high", "estimate_too_high", "approval_own", "period_closed"]
    assert not block.estimates.exists()


def test_two_persons_and_the_order_of_rows_are_kept_by_the_database(acme):
    block = paid(acme)
    row = {"customer_id": block.customer_id, "block": block, "expected": 5, "recorded_at": JAN}

    with pytest.raises(IntegrityError, match="by_two_persons"), transaction.atomic():
        block.estimates.create(no=1, estimated_by="F", approved_by="F", reason="x", **row)
    with pytest.raises(IntegrityError, match="does not follow"), transaction.atomic():
        block.estimates.create(no=2, estimated_by="F", approved_by="O", reason="x", **row)


# ---------------------------------------------------------------- what comes late, back, or is taken


def test_expiry_books_the_rest_with_the_states_share(acme):
    """JE-12's shares: the state gets its part of all breakage, early breakage was only ours."""
    setting(when=JAN, escheat_pct="25")
    expect(paid(acme), 50)
    cast.send("u1", 40, when=at("2026-01-20"))
    cast.run_due(APR)

    assert booked(APR) == [
        "2026-01-31 JE-13 debit 2100 70.00, credit 4000 40.00, credit 4010 30.00",
        "2026-03-31 JE-13 debit 2100 30.00, credit 2400 15.00, credit 4010 15.00",
    ]


def test_late_use_of_what_expired_turns_breakage_into_usage(acme):
    """L9, JE-32: at once, on the day of the use."""
    paid(acme)
    cast.run_due(APR)
    cast.journal(APR)
    late = at("2026-04-02")
    cast.report(cast.usage("u1", 30, time=at("2026-03-20")), when=late)

    assert booked(late) == [
        "2026-03-20 JE-13 debit 4010 30.00, credit 4000 30.00",
        "2026-03-31 JE-13 debit 2100 100.00, credit 4010 100.00",
    ]


def test_late_use_before_an_expiry_is_posted_leaves_the_state_its_share(acme):
    """F3, L9: posted on the day of the use, before the expiry that it takes credits back from."""
    setting(when=JAN, escheat_pct="25")
    paid(acme)
    cast.run_due(APR)
    late = at("2026-04-02")
    cast.report(cast.usage("u1", 30, time=at("2026-03-20")), when=late)

    assert booked(late) == [
        "2026-03-20 JE-13 debit 2100 30.00, credit 4000 30.00",
        "2026-03-31 JE-13 debit 2100 70.00, credit 2400 17.50, credit 4010 52.50",
    ]


def test_a_correction_after_the_end_lapses_at_once(acme):
    paid(acme)
    cast.send("u1", 30, when=at("2026-03-20"))
    cast.run_due(APR)
    cast.journal(APR)
    corrections.void(UsageEvent.objects.get(), by="Fiona", reason="test", at=at("2026-04-03"))

    assert booked(at("2026-04-03"))[-1] == "2026-04-03 JE-13 debit 4000 30.00, credit 4010 30.00"
    assert deferred() == 0


def test_what_is_drawn_after_a_correction_that_is_posted_late_is_earned_in_its_month(acme):
    paid(acme)
    cast.send("u1", 100, when=JAN + DAY)
    cast.run_due(FEB)
    corrections.correct(
        UsageEvent.objects.get(), credits=70, by="Fiona", reason="test", at=FEB + DAY
    )
    cast.send("u2", 30, when=FEB + 2 * DAY)
    # At the end of February as much is used as at that of January: its run has nothing to book.
    cast.run_due(APR)

    assert booked(APR) == [
        "2026-01-31 JE-13 debit 2100 100.00, credit 4000 100.00",
        "2026-02-02 JE-13 debit 4000 30.00, credit 2100 30.00",
        "2026-02-28 JE-13 debit 2100 30.00, credit 4000 30.00",
    ]
    assert deferred() == 0


def test_what_is_posted_late_does_not_go_back_before_the_run_that_counted_it(acme):
    """Credits are taken back in February, and expire in March; usage is posted in April."""
    block = paid(acme)
    cast.run_due(FEB)
    credit_notes.credit(
        Invoice.objects.get(), credits=20, by="Fiona", reason="test", at=FEB + 26 * DAY
    )
    cast.send("u1", 30, when=at("2026-03-10"))
    cast.run_due(APR)

    assert booked(APR + DAY)[-2:] == [
        "2026-03-31 JE-13 debit 2100 30.00, credit 4000 30.00",
        "2026-03-31 JE-13 debit 2100 50.00, credit 4010 50.00",
    ]
    assert [
        value.value_minor
        for day in (date(2026, 2, 26), date(2026, 2, 28), date(2026, 3, 30), date(2026, 3, 31))
        for value in block_rolls.at_end_of(day, known_at=APR + DAY)
        if value.block_id == block.id
    ] == [10_000, 8_000, 8_000, 0]


def test_a_rollover_goes_on_with_the_runs():
    setting(breakage="PROPORTIONAL")
    contract = cast.sign(auto_renew=True)
    cast.send("u1", 40_000, when=MAR, contract="c1")
    cast.run_due(at("2027-01-02"))
    cast.send("u2", 10_000, when=at("2027-01-05"), contract="c1")
    cast.run_due(at("2027-02-01"))

    assert "2027-01-31 JE-13 debit 2100 100.00, credit 4000 100.00" in booked(at("2027-02-01"))
    assert cast.breaches(at("2027-02-01")) == []
    assert contract.holder.pools.exists()


def test_paid_credits_with_an_estimate_are_not_spread(acme):
    paid(acme)

    with pytest.raises(Refusal) as refused, transaction.atomic():
        free_credits.give(
            acme, kind="promo", credits=5, source="gift", by="Sam", reason="test", at=FEB,
            promo_policy="RESPREAD",
        )  # fmt: skip
    assert refused.value.code == "respread_of_estimated"


def test_draws_are_told_without_a_value(acme):
    paid(acme)
    cast.send("u1", 40, when=at("2026-01-20"))
    assert [(d.credits, d.value) for d in explain.draws(UsageEvent.objects.get())] == [(40, 0)]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_what_is_deferred_is_cost_less_what_was_recognised(acme, seed):
    """Z3: never below zero, and over a block's life all of it is recognised."""
    story = Random(seed)
    blocks = [paid(acme, 200, 777, source="first", end=MAR)]
    price, when = 777, JAN
    for number in range(30):
        when += story.random() * 6 * DAY
        if story.random() < 0.7:
            cast.run_due(when)
        act = story.choice(["buy", "estimate", "use", "use", "late", "correct"])
        if act == "buy":
            cost, end = story.randint(1, 3_000), when + story.randint(5, 60) * DAY
            price += cost
            blocks.append(
                paid(acme, story.randint(1, 300), cost, when=when, source=f"o{number}", end=end)
            )
        elif act == "estimate":
            block = story.choice(blocks)
            expect(block, story.randint(0, block.granted), when=when)
        elif act == "correct":
            _correct_one(story, when)
        else:
            time = when - story.randint(1, 20) * DAY if act == "late" else when
            cast.report(cast.usage(f"u{number}", story.randint(1, 120), time=time), when=when)
        if story.random() < 0.3:
            assert cast.breaches(when) == []
            assert deferred() == _carried(acme, when)
    over = at("2027-06-01")
    cast.run_due(over)
    assert cast.breaches(over) == []
    revenue = statements.revenue(statements.lines())
    assert (deferred(), revenue.usage + revenue.breakage) == (0, price)


def _correct_one(story, when):
    events = list(UsageEvent.objects.filter(status="a").order_by("id"))
    if events:
        with contextlib.suppress(Refusal), transaction.atomic():
            corrections.correct(
                story.choice(events), credits=story.randint(0, 150), by="Fiona", reason="r", at=when
            )


def _carried(holder, when) -> int:
    [pool] = balances.pools_of(holder)
    found = balances.of_pool(pool, as_of=when, known_at=when)
    assert all(block.value_left_minor >= 0 for block in found.blocks)
    return sum(block.value_left_minor for block in found.blocks)
