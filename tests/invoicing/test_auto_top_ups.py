"""Credits that are bought by themselves when few are left: once per crossing, within limits (Q4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from contracts import prices
from creditops.lib import policies
from creditops.lib.models import OutboxMessage
from invoicing import auto_top_ups, cards, charged_orders
from invoicing.models import AutoTopUp, Invoice
from ledger import holders
from ledger.models import Arming, ThresholdCrossing
from tests import cast
from tests.invoicing import racing

pytestmark = pytest.mark.django_db

START = cast.START
RULE = {"below": 500, "credits": 1_000, "times": 3, "money": None}
RACERS = 4


@pytest.fixture
def acme():
    """With 1,000 credits that were bought as it goes; 100 credits cost a dollar."""
    made = cast.customer()
    prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=START, by="Sam", at=START
    )
    cast.buy(holders.pay_as_you_go(made, START), when=START)
    cards.save(made, at=START)
    return made


def want(acme, when=START, **rule) -> None:
    policies.change(
        policies.customer_scope(acme.code), {"auto_top_up": RULE | rule}, effective_at=when,
        recorded_at=when, by="Ada",
    )  # fmt: skip


def use(key: str, credits: int, when: str) -> None:
    cast.send(key, credits, when=cast.at(when))
    cast.run_due(cast.at(when))


def left(acme, when: str) -> int:
    return cast.left_of(holders.pay_as_you_go(acme, START), cast.at(when))


def answers() -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in AutoTopUp.objects.order_by("id")]


def test_nothing_is_bought_unless_the_customer_wants_it(acme):
    use("u1", 900, "2026-01-02")

    assert not AutoTopUp.objects.exists()
    assert left(acme, "2026-01-02") == 100


def test_below_the_threshold_it_buys_once_and_the_purchase_arms_it_again(acme):
    want(acme)
    use("u1", 500, "2026-01-02")
    assert answers() == []

    use("u2", 1, "2026-01-03")
    use("u3", 1, "2026-01-03 01:00")
    assert (left(acme, "2026-01-04"), answers()) == (1_498, [("bought", "")])

    use("u4", 1_000, "2026-01-05")
    assert (left(acme, "2026-01-05"), len(answers())) == (1_498, 2)
    bought = AutoTopUp.objects.first()
    assert (bought.credits, bought.amount_minor) == (1_000, 1_000)
    assert bought.invoice.total_minor == bought.invoice.prepaid_minor == 1_000


def test_one_event_that_takes_all_buys_up_to_where_the_customer_wants_to_be(acme):
    want(acme, credits=None, up_to=2_500)

    use("u1", 1_000, "2026-01-02")

    assert left(acme, "2026-01-02") == 2_500


def test_so_often_per_period_and_on_with_the_next(acme):
    want(acme, times=1)
    use("u1", 600, "2026-01-02")
    use("u2", 1_000, "2026-01-20")
    assert answers()[1] == (
        "waiting", "It bought 1 times in this period, as often as it may.",
    )  # fmt: skip

    cast.run_due(cast.at("2026-02-01 00:30"))

    assert [state for state, _ in answers()] == ["bought", "bought"]


def test_so_much_money_per_month_whatever_it_is_for(acme):
    want(acme, money="15.00")
    use("u1", 600, "2026-01-02")
    use("u2", 1_000, "2026-01-03")

    assert answers()[1] == (
        "waiting",
        "It would pass $15.00 in this month, which is all that it may spend.",
    )
    assert Invoice.objects.count() == 2


def test_a_declined_card_cools_down_a_day_and_is_tried_three_times(acme):
    want(acme)
    cards.save(acme, works=False, at=START)
    use("u1", 600, "2026-01-02")
    assert [state for state, _ in answers()] == ["declined"]
    use("u2", 10, "2026-01-02 12:00")
    assert AutoTopUp.objects.get().attempts == 1

    cast.run_due(cast.at("2026-01-10"))

    assert (AutoTopUp.objects.get().attempts, answers()[0][0]) == (3, "skipped")
    assert (Invoice.objects.count(), left(acme, "2026-01-10")) == (1, 390)


def test_a_card_that_works_again_buys_after_the_cool_down(acme):
    want(acme)
    cards.save(acme, works=False, at=START)
    use("u1", 600, "2026-01-02")
    cards.save(acme, works=True, at=cast.at("2026-01-02 06:00"))

    cast.run_due(cast.at("2026-01-03"))

    assert (left(acme, "2026-01-03"), answers()[0][0]) == (1_400, "bought")


def test_it_pauses_while_an_invoice_is_overdue(acme):
    holder = holders.pay_as_you_go(acme, START)
    cast.buy(
        holder, when=START, pay="invoice", source="o2", credits=10, price_minor=10,
        due_on=START.date(),
    )  # fmt: skip
    want(acme)

    use("u1", 700, "2026-01-05")

    assert answers() == [("waiting", "Something is unpaid; it pauses until that is paid.")]


def test_switched_off_meanwhile_it_buys_nothing(acme):
    want(acme)
    when = cast.at("2026-01-02")
    cast.send("u1", 600, when=when)
    off = {"auto_top_up": None}
    policies.change("customer:acme", off, effective_at=when, recorded_at=when, by="Ada")

    cast.run_due(when)

    assert answers() == [("skipped", "It is not wanted any more.")]


def test_without_a_price_the_customer_is_told_that_nothing_is_sold():
    euro = cast.customer("euro")
    cast.buy(holders.pay_as_you_go(euro, START), when=START)
    want(euro)
    cast.send("u1", 600, when=cast.at("2026-01-02"), customer="euro")

    cast.run_due(cast.at("2026-01-02"))

    assert answers()[0][0] == "skipped"


def test_what_was_bought_is_told_with_its_invoice(acme):
    want(acme)
    use("u1", 600, "2026-01-02")

    letter = OutboxMessage.objects.get(kind="invoicing.subscription_letter")

    number = AutoTopUp.objects.get().invoice.number
    assert letter.payload["sentences"][0] == (
        f"1,000 credits for $10.00, on your card: invoice {number}."
    )
    assert mail.outbox == []


def crossed(acme) -> ThresholdCrossing:
    want(acme)
    cast.send("u1", 600, when=cast.at("2026-01-02"))
    return ThresholdCrossing.objects.get(threshold="TOP_UP")


@pytest.mark.django_db(transaction=True)
def test_however_many_workers_answer_a_crossing_it_buys_once(acme):
    crossing, when = crossed(acme), cast.at("2026-01-02")

    told = racing.at_once(RACERS, lambda _: auto_top_ups.answer(crossing, at=when))

    assert [row.state for row in told] == ["bought"] * RACERS
    assert AutoTopUp.objects.count() == 1
    assert Invoice.objects.count() == 2
    assert left(acme, "2026-01-02") == 1_400


@pytest.mark.django_db(transaction=True)
def test_without_the_row_of_the_crossing_every_worker_would_buy(acme, monkeypatch, damaged_books):
    """The negative control: the lock and the row are what makes it once."""
    crossing, when = crossed(acme), cast.at("2026-01-02")
    together = racing.barrier(RACERS)

    def unlocked(found, pool, at):
        together.wait()
        return AutoTopUp(customer_id=found.customer_id, holder=pool.holder, crossing_id=found.id,
                         crossed_at=found.crossed_at)  # fmt: skip

    monkeypatch.setattr(auto_top_ups, "_locked", unlocked)
    asked: list[int] = []
    monkeypatch.setattr(charged_orders, "buy", lambda order, **_: asked.append(order.credits))
    racing.at_once(RACERS, lambda _: auto_top_ups.answer(crossing, at=when))
    monkeypatch.undo()

    assert asked == [1_000] * RACERS


def test_many_events_below_the_threshold_make_no_storm(acme):
    want(acme)
    cards.save(acme, works=False, at=START)
    for minute in range(20):
        when = cast.at("2026-01-02") + timedelta(minutes=minute)
        cast.send(f"u{minute}", 40, when=when)
        cast.run_due(when)

    assert ThresholdCrossing.objects.filter(threshold="TOP_UP").count() == 1
    assert not Arming.objects.filter(threshold="TOP_UP").exists()
    assert AutoTopUp.objects.get().attempts == 1
