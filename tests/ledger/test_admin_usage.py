"""The staff's pages of usage: an event followed to its end, hot rows by customer, capped lists."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from creditops.lib import admin_lists, clock
from ledger import corrections
from ledger.admin import recent
from ledger.models import Block, Drain, UsageEvent
from tests import cast, staff
from tests.cast import at
from tests.staff import NOW

pytestmark = pytest.mark.django_db
# Tables whose key in the database is customer and id.
HOT = re.compile(
    r'FROM "(ledger_(?:usageevent|drain|move|block|blockstate|segment|pool|poolstate|correction))"'
)


@pytest.fixture(autouse=True)
def _doors(monkeypatch, settings):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


@pytest.fixture
def book():
    return staff.book()


@pytest.fixture
def client():
    return staff.as_(staff.person(None))


def page_of(row, client):
    name = row._meta.model_name
    return client.get(f"/admin/ledger/{name}/{row.customer_id}-{row.pk}/change/")


def test_an_event_is_followed_to_rate_blocks_corrections_and_entries(book, client):
    corrections.correct(
        book.event, credits=120, by="Fiona", reason="counted twice", at=at("2026-06-14")
    )

    said = page_of(book.event, client).content.decode()

    for words in (
        "ev-1", "standard 1", "Who paid", "contract:C-1:term:1:commitment", "120", "$1.20",
        "counted twice", "Used: 300 credits of C-1", "4000 Revenue, credit usage", "$3.00",
        "2026-06-10 09:00", "UTC", "100,000", "lena",
    ):  # fmt: skip
        assert words in said, words


def test_an_event_that_waits_to_be_posted_says_so(book, client):
    event = staff.use(book.acme, "C-1", "ev-2", 1_000, at("2026-06-14"))

    assert "Not posted yet" in page_of(event, client).content.decode()


def test_hot_rows_are_always_asked_for_with_their_customer(book, client):
    client.get("/admin/")
    rows = [book.event, Block.objects.first(), Drain.objects.first()]

    with CaptureQueriesContext(connection) as queries:
        for row in rows:
            assert page_of(row, client).status_code == 200

    unguarded = [
        query["sql"]
        for query in queries
        if HOT.search(query["sql"]) and "customer_id" not in query["sql"].split("WHERE")[-1]
    ]
    assert unguarded == []


@pytest.mark.parametrize("address", ["{0}", "0-{0}", "{0}-", "-{0}", "x-{0}", "१-{0}", "9-9-9"])
def test_a_hot_row_of_another_customer_is_not_found(book, client, address):
    other = cast.customer("other")
    event = address.format(book.event.pk)

    assert client.get(f"/admin/ledger/usageevent/{event}/change/").status_code == 404
    own = f"{other.pk}-{book.event.pk}"
    assert client.get(f"/admin/ledger/usageevent/{own}/change/").status_code == 404


def test_events_are_narrowed_by_customer_meter_status_and_day(book, client):
    other = cast.customer("other")
    staff.sign(other, "O-1")
    staff.use(other, "O-1", "ev-9", 1_000, at("2026-06-12"))

    def keys(**query):
        page = client.get("/admin/ledger/usageevent/", query)
        return {row.key for row in page.context["cl"].result_list}

    assert keys() == {"ev-1", "ev-9"}
    assert keys(customer="other") == {"ev-9"}
    assert keys(customer="nobody") == set()
    assert keys(event_time_from="2026-06-11") == {"ev-9"}
    assert keys(event_time_to="2026-06-10") == {"ev-1"}
    assert keys(status__exact="r") == set()
    assert keys(meter__id__exact=book.event.meter_id, q="ev-1") == {"ev-1"}


def test_a_list_is_counted_no_further_than_its_cap(book, client, monkeypatch):
    monkeypatch.setattr(admin_lists, "COUNTED_MAX", 2)
    for n in range(4):
        staff.use(book.acme, "C-1", f"more-{n}", 1_000, at("2026-06-12"))

    with CaptureQueriesContext(connection) as queries:
        page = client.get("/admin/ledger/usageevent/?customer=acme")

    counts = [q["sql"] for q in queries if "COUNT(*)" in q["sql"] and "usageevent" in q["sql"]]
    assert len(counts) == 1
    assert "LIMIT 2" in counts[0]
    assert "the first 2" in page.content.decode()


def test_without_a_customer_only_the_newest_deliveries_are_read(book, client, monkeypatch):
    monkeypatch.setattr(recent, "EVENTS_ENOUGH", 2)
    for n in range(4):
        staff.use(book.acme, "C-1", f"more-{n}", 1_000, at("2026-06-12"))

    page = client.get("/admin/ledger/usageevent/")

    assert [row.key for row in page.context["cl"].result_list] == ["more-3", "more-2"]
    assert UsageEvent.objects.count() == 5
    assert page_of(book.event, client).status_code == 200
    assert client.get("/admin/ledger/drain/").context["cl"].result_count == 2
