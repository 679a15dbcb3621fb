"""Customers are told before credits end: how many, until when, what they would still buy (F5, S47)."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import Membership
from contracts import plans, rate_cards
from contracts.rate_cards import Item
from contracts.subscriptions import Agreed
from creditops import schedule
from creditops.lib import outbox, policies
from invoicing import subscribing
from ledger import balances, daily_credits, expiry_marks, expiry_notices, holders
from ledger.models import Block, ExpiryNotice
from tests import cast
from tests.cast import END, START, at

pytestmark = pytest.mark.django_db

LAST_DAY = date(2026, 12, 31)
SUBJECT = "UTC 2027-01-01"


def told() -> list[tuple[int, int, str]]:
    """Days before, credits and day of each notice, in the order in which they were made."""
    return [
        (n.days, n.credits, f"{n.noticed_at:%Y-%m-%d %H:%M}") for n in ExpiryNotice.objects.all()
    ]


def set_days(days: list[int], scope: str = policies.BOOKS, when=START) -> None:
    policies.change(
        scope, {expiry_marks.SETTING: days}, effective_at=when, recorded_at=when, by="Pia"
    )


def member(customer, name: str, role: str) -> None:
    people.add_member(
        email=f"{name}@acme.example", name=name.title(), customer=customer, role=role, at=START
    )


def letters() -> list[tuple[str, list[str]]]:
    return [(str(m.subject), m.to) for m in mail.outbox if "until" in m.subject]


def test_it_is_told_30_7_and_1_days_before_once_each():
    cast.sign(credits=1_000)

    cast.run_due(at("2026-12-31 23:00"))
    cast.run_due(at("2026-12-31 23:30"))

    assert told() == [
        (30, 1_000, "2026-12-02 00:00"),
        (7, 1_000, "2026-12-25 00:00"),
        (1, 1_000, "2026-12-31 00:00"),
    ]


def test_the_days_are_those_of_the_contracts_zone():
    cast.sign(credits=1_000, time_zone="Europe/Berlin")

    cast.run_due(at("2026-12-31 22:59"))

    assert [when for _, _, when in told()] == [
        "2026-12-01 23:00", "2026-12-24 23:00", "2026-12-30 23:00",
    ]  # fmt: skip


def test_what_is_told_is_what_is_left_of_the_blocks_that_end():
    """Two of three blocks end with the year; the line took 300 of the oldest since its layout."""
    contract = cast.sign(credits=1_000, bonus_credits=50)
    pool = holders.pool(contract.holder, cast.unit(), START)
    cast.grant(pool, 200, source="longer", when=at("2026-02-01"), end=at("2027-02-01"))
    cast.send("u1", 300, when=at("2026-03-01"), contract="c1")

    cast.run_due(at("2026-12-02"))

    now = at("2026-12-02")
    blocks = balances.of_pool(pool, as_of=now, known_at=now).blocks
    assert sum(block.left for block in blocks if block.expires_at == END) == 750
    assert told() == [(30, 750, "2026-12-02 00:00")]
    assert ExpiryNotice.objects.get().rolling == 750


def test_blocks_of_a_pool_that_end_on_one_day_are_one_notice():
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="a", end=at("2026-06-01"))
    cast.grant(pool, 20, source="b", kind=Block.Kind.BONUS, end=at("2026-06-01 15:00"))
    cast.grant(pool, 3, source="c", kind=Block.Kind.PROMO, end=at("2026-06-02"))
    set_days([7])

    cast.run_due(at("2026-05-31"))

    assert told() == [(7, 123 - 3, "2026-05-25 00:00"), (7, 3, "2026-05-26 00:00")]
    assert ExpiryNotice.objects.first().ends_at == at("2026-06-01")


def test_nothing_is_told_of_credits_that_are_used_up_or_come_again():
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="a", end=at("2026-06-01"))
    daily_credits.start(pool, credits=5, source="free", by="Sam", reason="", at=START)
    cast.send("u1", 105, when=at("2026-01-02"))

    cast.run_due(at("2026-06-01"))

    assert told() == []


def test_the_allowance_of_a_free_plan_comes_again_and_credits_given_beside_it_do_not():
    acme = cast.customer()
    plans.publish(code="free", credits=100, price_minor=0, currency="USD", by="Sam", at=START)
    found = subscribing.subscribe(acme, plans.find("free"), Agreed(code="s1"), by="Ada", at=START)
    pool = holders.pool(found.holder, cast.unit(), START)
    cast.grant(pool, 40, source="gift", kind=Block.Kind.PROMO, end=at("2026-03-01"))

    cast.run_due(at("2026-02-28 12:00"))

    assert [(days, credits) for days, credits, _ in told()] == [(30, 40), (7, 40), (1, 40)]


def test_what_was_given_after_a_mark_is_told_at_the_next_one():
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="a", when=at("2026-05-20"), end=at("2026-06-01"))

    cast.run_due(at("2026-05-31 12:00"))

    assert [days for days, _, _ in told()] == [7, 1]


def test_an_empty_list_tells_nobody():
    acme, beta = cast.customer("acme"), cast.customer("beta")
    cast.sign(acme, code="a", credits=1_000)
    cast.sign(beta, code="b", credits=1_000)
    set_days([], policies.customer_scope("acme"))

    cast.run_due(at("2026-12-31"))

    assert [n.customer.code for n in ExpiryNotice.objects.select_related("customer")] == [
        "beta", "beta", "beta",
    ]  # fmt: skip


def test_a_setting_that_comes_later_acts_on_credits_that_are_there():
    cast.sign(credits=1_000)
    set_days([60, 2], policies.contract_scope("c1"), when=at("2026-10-01"))

    cast.run_due(at("2026-12-31 12:00"))

    assert told() == [(60, 1_000, "2026-11-02 00:00"), (2, 1_000, "2026-12-30 00:00")]


def test_so_late_that_a_nearer_mark_has_passed_that_one_speaks():
    cast.sign(credits=1_000)
    cast.run_due(at("2026-11-30"))

    late = at("2026-12-28")
    schedule.run_due(late, now=late)

    assert told() == [(7, 1_000, "2026-12-28 00:00")]


def test_of_credits_that_have_ended_nothing_is_told():
    cast.sign(credits=1_000, auto_renew=False)
    cast.run_due(at("2026-11-30"))

    late = at("2027-01-09")
    schedule.run_due(late, now=late)

    assert told() == []


def test_a_second_time_changes_nothing_and_the_database_refuses_it():
    cast.sign(credits=1_000)
    cast.run_due(at("2026-12-02"))

    expiry_notices.tell_due(SUBJECT, at("2026-12-02"), at("2026-12-02"))

    made = ExpiryNotice.objects.get()
    with (
        pytest.raises(IntegrityError, match="ledger_expirynotice_once"),
        transaction.atomic(),
    ):
        ExpiryNotice.objects.create(
            customer=made.customer, pool_id=made.pool_id, ends_on=made.ends_on, days=30,
            ends_at=made.ends_at, credits=1, rolling=0, noticed_at=made.noticed_at,
        )  # fmt: skip


def test_what_rolled_over_once_does_not_roll_again():
    """400 of the first year go into the second beside its own 600: only those may roll over."""
    cast.sign(credits=1_000, auto_renew=True)
    cast.send("u1", 600, when=at("2026-03-01"), contract="c1")

    cast.run_due(at("2027-12-02"))

    last = ExpiryNotice.objects.last()
    assert (last.credits, last.rolling) == (1_000, 600)


def test_it_takes_as_many_statements_for_two_pools_as_for_twenty():
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            expiry_notices.tell_due(SUBJECT, at("2026-12-02"), at("2026-12-02"))
        return len(captured)

    for n in range(2):
        cast.grant(cast.open_pool(cast.customer(f"a{n}")), 10, source="s", end=END)
    few = statements()
    for n in range(20):
        cast.grant(cast.open_pool(cast.customer(f"b{n}")), 10, source="s", end=END)
    many = statements()

    assert ExpiryNotice.objects.count() == 22
    assert many == few


def signed_with_a_card(**facts):
    acme = cast.customer(**facts)
    member(acme, "ada", Membership.Role.ADMIN)
    member(acme, "finn", Membership.Role.FINANCE)
    member(acme, "ulla", Membership.Role.VIEWER)
    rate_cards.publish(
        card="gtm", version="1", items=[Item("email", 5), Item("ai_research", 400)],
        effective_from=START, by="Ines", at=START,
    )  # fmt: skip
    return cast.sign(
        acme, credits=1_000, time_zone="Europe/Berlin", rate_card=rate_cards.find("gtm")
    )


def test_the_letter_says_how_many_until_when_what_they_buy_and_whether_they_roll_over():
    signed_with_a_card()
    cast.run_due(at("2026-12-02"))
    mail.outbox.clear()

    outbox.relay(at("2026-12-02"))

    assert letters() == [
        ("1,000 credits can be used until 31 Dec 2026", ["ada@acme.example"]),
        ("1,000 credits can be used until 31 Dec 2026", ["finn@acme.example"]),
    ]
    (sent, _) = [m for m in mail.outbox if "until" in m.subject]
    assert sent.body.splitlines() == [
        "Acme: c1",
        "",
        "They can be used until 31 Dec 2026 (Europe/Berlin), that day included; what is left then expires.",
        "Credits that are left when the contract is renewed roll over, once.",
        "",
        "They would still buy, each alone:",
        "- Email: 200",
        "- AI research: 2",
        "",
        "You get this letter because you look after the account. What you have left, and until when, is in "
        "your portal.",
    ]


def test_the_letter_speaks_the_customers_language():
    signed_with_a_card(language="de")
    policies.change(
        policies.BOOKS, {"rollover": "NONE"}, effective_at=START, recorded_at=START, by="Sam"
    )
    cast.run_due(at("2026-12-02"))

    outbox.relay(at("2026-12-02"))

    sent = next(m for m in mail.outbox if "nutzbar" in m.subject)
    assert sent.subject == "1.000 Credits, nutzbar bis 31.12.2026"
    assert "Sie sind bis einschließlich 31.12.2026 (Europe/Berlin) nutzbar" in sent.body
    assert "Was übrig ist, wird nicht übertragen." in sent.body


def test_an_end_within_a_day_is_told_with_its_hour_and_what_can_not_roll_over():
    acme = cast.customer()
    member(acme, "ada", Membership.Role.ADMIN)
    cast.grant(cast.open_pool(acme), 1, source="a", end=at("2026-06-01 15:30"))
    cast.run_due(at("2026-05-31"))

    outbox.relay(at("2026-05-31"))

    sent = mail.outbox[-1]
    assert sent.subject == "1 credit can be used until 1 Jun 2026"
    assert "They can be used until 1 Jun 2026, 15:30 (UTC); what is left then expires." in sent.body
    assert "What is left does not roll over." in sent.body
