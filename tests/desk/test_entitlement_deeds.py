"""What credits buy beside usage, choices of rates, holds released, daily credits ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from contracts import free_credits, rate_cards
from contracts.rate_cards import Item
from creditops.desk import addresses
from creditops.lib import clock
from ledger import balances, daily_credits, holds
from ledger.models import DailyGrant, Entitlement, RateChoice
from tests import cast
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book

ITEMS = [
    Item("translation", 3, kind="pack", per=1_000),
    Item("crm_sync", 5_000, kind="flat", period_months=12),
    Item("seat", 100, kind="licence", period_months=1),
    Item("research", 25),
    Item("research_plus", 40),
]


@pytest.fixture
def sold(book: Book) -> Book:
    """The book's rate card sells features and licences too."""
    rate_cards.publish(
        card="standard", version="2", items=ITEMS, effective_from=at("2026-06-14"), by="Sam",
        at=at("2026-06-14"),
    )  # fmt: skip
    return book


def test_a_feature_is_unlocked_for_its_flat_fee(sold: Book, sam):
    typed = {"act": "desk:1", "holder": "C-1", "item": "crm_sync", "last_day": "2027-06-14"}

    page = acts.rehearse(sam, "unlock-feature", "acme", **typed)
    done = acts.do(sam, "unlock-feature", "acme", **typed)

    assert "crm_sync: 5,000 credits a year" in page.content.decode()
    assert acts.changes(page)["Available, credits"] == ("10,200", "5,200")
    made = Entitlement.objects.get()
    assert (made.item, made.starts_on, made.ends_on) == (
        "crm_sync", date(2026, 6, 15), date(2027, 6, 15),
    )  # fmt: skip
    assert acts.said(done) == ["crm_sync is unlocked from 2026-06-15 through 2027-06-14."]
    again = acts.do(sam, "unlock-feature", "acme", **typed)
    assert acts.errors(again) == ["'desk:1' was charged already."]


def test_licences_are_charged_for_the_month_of_today(sold: Book, sam):
    typed = {"act": "desk:2", "holder": "C-1", "item": "seat", "users": "12"}

    page = acts.rehearse(sam, "charge-licences", "acme", **typed)
    done = acts.do(sam, "charge-licences", "acme", **typed)

    assert acts.changes(page)["Available, credits"] == ("10,200", "9,000")
    assert acts.said(done) == ["12 users of seat are charged from 2026-06-01 through 2026-06-30."]


def test_who_sells_nothing_of_the_kind_says_so(book: Book, sam):
    page = sam.get(addresses.of("unlock-feature", "acme"))

    assert "No rate card of Acme" in page.content.decode()


def test_a_choice_of_rates_is_recorded_with_who_made_it(sold: Book, sam):
    later = [item for item in ITEMS if item.item != "research"]
    rate_cards.publish(
        card="standard", version="3", items=later, effective_from=at("2026-08-01"), by="Sam", at=NOW
    )
    typed = {"item": "research", "to": "research_plus", "chosen_by": "Ada", "effective_at": ""}

    page = sam.get(addresses.of("record-choice", "C-1")).content.decode()
    story = sam.get(addresses.of("customer", "acme")).content.decode()
    done = acts.do(sam, "record-choice", "C-1", **typed)

    assert "research ends on 2026-07-31" in page
    assert (
        story.count("Record the customer&#x27;s choice")
        + story.count("Record the customer's choice")
        == 1
    )
    made = RateChoice.objects.get()
    assert (made.item, made.chosen_item, made.effective_at) == ("research", "research_plus", NOW)
    assert made.chosen_by == "Ada (recorded by sales-rep@vendor.example)"
    assert acts.said(done) == ["research is rated as research_plus from 2026-06-15 12:00 UTC."]
    assert "research ends" not in sam.get(addresses.of("record-choice", "C-1")).content.decode()


def test_a_hold_is_released_and_its_credits_are_there_again(book: Book, fiona):
    held = holds.place(
        cast.usage("job", 500, contract="C-1"), code="job", lasts=timedelta(hours=1), by="Ada", at=NOW
    )  # fmt: skip

    page = acts.rehearse(fiona, "release-hold", holds.uid(held))
    done = acts.do(fiona, "release-hold", holds.uid(held))

    assert acts.changes(page) == {
        "Available in C-1": ("9,700", "10,200"),
        "Held": ("500", "0"),
    }
    assert acts.said(done) == ["Hold job is released."]
    again = fiona.get(addresses.of("release-hold", holds.uid(held)))
    assert (again.status_code, "was released already" in again.content.decode()) == (409, True)


def test_daily_credits_end_with_the_day_that_is_said(book: Book, fiona, monkeypatch):
    free_credits.give_daily(
        book.contract.holder, credits=5, source="daily", by="Sam", reason="test", at=NOW
    )
    rule = DailyGrant.objects.get()
    key = f"{rule.customer_id}-{rule.pk}"

    page = acts.rehearse(fiona, "end-daily", key, last_day="2026-06-16")
    done = acts.do(fiona, "end-daily", key, last_day="2026-06-16")

    assert acts.changes(page)["Last day"] == ("none, they go on", "2026-06-16")
    assert acts.said(done) == [f"The last day of {rule} is 2026-06-16."]
    pool = rule.pool

    def given(when) -> int:
        return sum(
            block.left
            for block in balances.of_pool(pool, as_of=when, known_at=when).blocks
            if block.kind == "daily"
        )

    assert (given(NOW), given(at("2026-06-16 12:00")), given(at("2026-06-17"))) == (5, 5, 0)
    daily_credits.end(rule, date(2026, 6, 20), at=at("2026-06-16 12:00"))
    assert given(at("2026-06-17")) == 5
    monkeypatch.setattr(clock, "now", lambda: at("2026-06-21"))
    over = fiona.get(addresses.of("end-daily", key))
    assert over.status_code == 200
    said = acts.errors(acts.do(fiona, "end-daily", key, last_day="2026-06-25"))
    assert said == ["The last day with these credits was 2026-06-20."]
