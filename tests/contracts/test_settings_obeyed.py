"""Settings that reach through several floors are obeyed: due dates, notice, escheat, observation."""

from __future__ import annotations

from datetime import date

import pytest

from contracts import rate_cards
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import billing
from ledger import chart, holders, posting
from ledger.models import JournalLine
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db


def change(scope: str, when=START, **settings) -> None:
    policies.change(scope, settings, effective_at=when, recorded_at=when, by="Fiona")


def test_an_invoice_is_due_after_the_customers_payment_terms():
    acme, otto = cast.customer(), cast.customer("otto")
    change("customer:acme", invoice_terms_days=7)

    ours = billing.bill(cast.sign(acme), until=START, at=START)
    others = billing.bill(cast.sign(otto, code="o1"), until=START, at=START)

    assert (ours.due_date, others.due_date) == (date(2026, 1, 8), date(2026, 1, 31))


def publish(version: str, *items: str, when, effective) -> None:
    rate_cards.publish(
        card="standard", version=version, items=[rate_cards.Item(item, 1) for item in items],
        effective_from=effective, by="Sam", at=when,
    )  # fmt: skip


def test_an_action_leaves_the_card_with_the_notice_that_is_set():
    publish("1", "email", "phone", when=START, effective=START)
    change("books", retirement_notice_days=5)

    with pytest.raises(Refusal) as refusal:
        publish("2", "email", when=at("2026-02-01"), effective=at("2026-02-05"))
    publish("2", "email", when=at("2026-02-01"), effective=at("2026-02-06"))

    assert refusal.value.code == "retirement_without_notice"


def test_the_states_share_of_what_expires_is_no_revenue():
    acme = cast.customer()
    change("customer:acme", escheat_pct="25")
    cast.buy(
        holders.pay_as_you_go(acme, START), when=START, credits=100, price_minor=1_000,
        expires_at=at("2026-02-01"),
    )  # fmt: skip
    cast.run_due(at("2026-02-02"))
    posting.run(at("2026-02-02"))

    def earned(code: str) -> int:
        return sum(line.credit_minor for line in JournalLine.objects.filter(account__code=code))

    assert (earned(chart.BREAKAGE), earned(chart.UNCLAIMED)) == (750, 250)


def test_the_states_share_may_be_a_table_by_state():
    shares = {"US/CA": "100", "US": "50"}
    change("books", escheat_pct=shares)
    for code, place in (("a", ("US", "CA")), ("b", ("US", "TX")), ("c", ("DE", ""))):
        holder = holders.pay_as_you_go(
            cast.customer(code, country=place[0], region=place[1]), START
        )
        cast.buy(
            holder, when=START, credits=100, price_minor=1_000, source=code,
            expires_at=at("2026-02-01"),
        )  # fmt: skip
    cast.run_due(at("2026-02-02"))
    posting.run(at("2026-02-02"))

    lines = JournalLine.objects.filter(account__code=chart.UNCLAIMED).order_by("entry__customer")
    assert [(line.entry.customer.code, line.credit_minor) for line in lines] == [
        ("a", 1_000), ("b", 500),
    ]  # fmt: skip


@pytest.mark.parametrize("value", [{}, {"CA": "1/0"}, {"us": "5"}, {"US/": "5"}, {"US": "101"}, []])
def test_a_table_by_state_names_states_and_percentages(value):
    with pytest.raises(Refusal) as refusal:
        change("books", escheat_pct=value)
    assert refusal.value.code == "policy_invalid"


def test_an_observed_customer_is_recorded_until_its_months_are_over():
    acme = cast.customer()
    cast.open_pool(acme)
    change("customer:acme", enforcement="HARD", observe_months=3)

    seen = cast.send("u1", 5, when=at("2026-03-31 23:59"))
    refused = cast.send("u2", 5, when=at("2026-04-01"))

    assert (seen.status, refused.status) == ("recorded", "refused")


def test_an_observation_may_end_on_a_day_that_is_set_before():
    """OBSERVE until a date: a coming change is the date."""
    cast.open_pool(cast.customer())
    change("customer:acme", enforcement="OBSERVE")
    policies.change(
        "customer:acme", {"enforcement": "HARD"}, effective_at=at("2026-02-15"),
        recorded_at=START, by="Sam",
    )  # fmt: skip

    statuses = [cast.send(f"u{day}", 5, when=at(f"2026-02-{day}")).status for day in (14, 15)]

    assert statuses == ["recorded", "refused"]
