"""`/events` in the forms of clients that others wrote: CloudEvents in every mode, and Lago's."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from decimal import Decimal
from io import BytesIO

import pytest

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib.api.reading import LARGEST_BODY_BYTES
from ledger import units
from ledger.models import UsageEvent, UsageException
from tests.api.conftest import NOW, Caller, caller_with, places, refused
from tests.cast import START, at, customer, grant, open_pool, sign

pytestmark = pytest.mark.django_db

SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
EVENT = {"specversion": "1.0", "id": "e1", "source": "/gateway", "type": "calls", "subject": "acme"}
LAGO = {"transaction_id": "t1", "external_subscription_id": "acme", "code": "calls"}
HEADERS = {f"ce-{name}": value for name, value in EVENT.items()}


@pytest.fixture
def priced(caller: Caller) -> Caller:
    """Acme with 100 credits, which pays a credit per call; calls tell tokens, model and cost."""
    pool = open_pool(customer())
    grant(pool, 100, source="b1")
    units.create_meter(
        code="calls",
        name="Calls",
        properties={"model": "text", "tokens": "number", "cost": "number"},
    )
    items = [Item("call", 1, meter="calls")]
    rate_cards.publish(
        card="card", version="1", items=items, effective_from=START, by="Sam", at=START
    )
    agreements.follow_rates(pool.holder, rate_cards.find("card"), at=START)
    return caller


def fate(answer) -> str:
    """What became of the one event that an answer is about."""
    assert answer.status_code == 200, answer.content
    (result,) = answer.json()["results"]
    return result["status"]


def kept(key: str = "e1") -> dict:
    """The properties that an event was stored with."""
    return UsageEvent.objects.get(key=key).data or {}


def send(priced: Caller, event: dict, media: str = SINGLE):
    return priced.send("events", event, content_type=media)


# CloudEvents, structured


def test_a_cloud_event_without_a_time_is_as_of_its_receipt(priced):
    assert fate(send(priced, EVENT)) == "applied"
    assert UsageEvent.objects.get().event_time == NOW


def test_the_same_without_its_time_is_the_same_event(priced):
    timed = EVENT | {"time": "2026-02-01T11:59:00Z"}

    assert [fate(send(priced, event)) for event in (timed, EVENT, timed)] == [
        "applied", "duplicate", "duplicate",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        ("2026-02-01T11:00:00Z", "2026-02-01 11:00"),
        ("2026-02-01T12:30:00+01:30", "2026-02-01 11:00"),
        ("2026-02-01T11:00:00.123456789Z", "2026-02-01 11:00:00.123456"),
    ],
)
def test_a_time_is_read_in_every_form_that_the_standard_has(priced, time, stored):
    assert fate(send(priced, EVENT | {"time": time})) == "applied"
    assert UsageEvent.objects.get().event_time == at(stored)


@pytest.mark.parametrize("time", ["2026-02-01T11:00:00", "2026-02-01", "now", "", "１"])
def test_a_time_that_is_none_is_refused_with_the_place(priced, time):
    answer = send(priced, EVENT | {"time": time})

    assert refused(answer) == (422, "event_invalid")
    assert places(answer).keys() == {"events[0]"}


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {}}])
def test_a_cloud_event_may_have_no_data(priced, data):
    assert fate(send(priced, EVENT | data)) == "applied"


def test_data_may_come_as_bytes_that_are_json(priced):
    packed = base64.b64encode(b'{"tokens": 12.50, "model": "large"}').decode()

    assert fate(send(priced, EVENT | {"data_base64": packed})) == "applied"
    assert kept() == {"tokens": "12.50", "model": "large"}


@pytest.mark.parametrize("packed", ["!", "bm8=", "WzFd", "eyJhIjogIlx1MDAwMCJ9"])
def test_bytes_that_are_no_json_object_are_refused_and_not_left_out(priced, packed):
    answer = send(priced, EVENT | {"data_base64": packed})

    assert refused(answer) == (422, "event_invalid")
    assert places(answer) == {"events[0]": "data_base64 is no JSON object in base64."}


@pytest.mark.parametrize("data", ["text", 7, [1]])
def test_data_that_is_no_object_is_refused(priced, data):
    assert refused(send(priced, EVENT | {"data": data})) == (422, "event_invalid")


def test_the_subject_may_be_left_out_only_with_a_key_of_one_customer(priced):
    nameless = {name: value for name, value in EVENT.items() if name != "subject"}
    bound = caller_with("usage:write", name="bound", customer=customer("otto"))

    answer = send(priced, nameless)
    theirs = send(bound, nameless)

    assert refused(answer) == (422, "event_invalid")
    assert places(answer) == {"events[0]": "subject is missing: it says which customer."}
    assert theirs.json()["results"][0]["code"] in {"no_rate", "insufficient_credits"}
    assert not UsageEvent.objects.filter(customer__code="acme").exists()


@pytest.mark.parametrize("subject", ["acme", "contract:c1"])
def test_a_bound_key_cannot_reach_another_customer_by_a_subject(priced, subject):
    sign(customer("owner"), code="c1")
    bound = caller_with("usage:write", name="bound", customer=customer("otto"))

    answer = send(bound, EVENT | {"subject": subject})

    by_contract = answer.status_code == 200 and answer.json()["results"][0]["code"]
    assert answer.status_code == 404 or by_contract == "unknown_contract"
    assert not UsageEvent.objects.exists()


@pytest.mark.parametrize("form", [lambda e: e, lambda e: [e, e | {"id": "e2"}]])
def test_cloud_events_are_told_from_ours_where_the_type_only_says_json(priced, form):
    answer = priced.send("events", json.dumps(form(EVENT)))

    assert answer.json()["applied"] == answer.json()["received"] > 0


# CloudEvents whose attributes stand in headers


def test_an_event_in_headers_has_the_body_as_its_data(priced):
    answer = priced.send("events", b'{"tokens": 3}', **HEADERS)

    assert fate(answer) == "applied"
    assert kept() == {"tokens": "3"}
    assert UsageEvent.objects.get().source.name == "/gateway"


def test_it_may_have_no_body(priced):
    assert fate(priced.send("events", b"", **HEADERS)) == "applied"


def test_headers_are_percent_encoded_text(priced):
    named = HEADERS | {"ce-source": "gr%C3%B6%C3%9Fer", "ce-id": "a%20%22b%22%25"}

    (result,) = priced.send("events", b"{}", **named).json()["results"]

    assert (result["id"], result["source"]) == ('a "b"%', "größer")


@pytest.mark.parametrize("missing", ["ce-id", "ce-source", "ce-type", "ce-specversion"])
def test_a_header_that_is_missing_is_named(priced, missing):
    headers = {name: value for name, value in HEADERS.items() if name != missing}

    answer = priced.send("events", b"{}", **headers)

    assert refused(answer) == (422, "event_invalid")
    assert places(answer) == {missing: "the header is missing"}


@pytest.mark.parametrize("value", ["%00", "%ff", "%ed%a0%80"])
def test_a_header_that_is_no_text_is_named(priced, value):
    answer = priced.send("events", b"{}", **HEADERS | {"ce-id": value})

    assert refused(answer) == (422, "event_invalid")
    assert places(answer).keys() == {"ce-id"}


@pytest.mark.parametrize("body", [b"<xml/>", b"[1]", b"7", b"{", b'{"a": "\\u0000"}'])
def test_data_in_the_body_that_is_no_json_object_is_refused(priced, body):
    answer = priced.send("events", body, content_type="application/xml", **HEADERS)

    assert answer.status_code == 422


def test_headers_of_a_proxy_beside_a_structured_event_are_nothing_to_us(priced):
    answer = priced.send("events", EVENT, content_type=SINGLE, **HEADERS | {"ce-id": "other"})

    assert answer.json()["results"][0]["id"] == "e1"


# Lago


@pytest.mark.parametrize(
    ("stamp", "stored"),
    [
        (1769946000, "2026-02-01 11:40"),
        ("1769946000", "2026-02-01 11:40"),
        (1769946000.25, "2026-02-01 11:40:00.250000"),
        ("1769946000.123456789", "2026-02-01 11:40:00.123456"),
        ("2026-02-01T11:40:00Z", "2026-02-01 11:40"),
        ("2026-02-01T12:40:00+01:00", "2026-02-01 11:40"),
        (None, "2026-02-01 12:00"),
    ],
)
def test_lagos_timestamps_are_read_in_every_form(priced, stamp, stored):
    answer = priced.send("events", {"event": LAGO | {"timestamp": stamp}})

    assert fate(answer) == "applied"
    assert UsageEvent.objects.get().event_time == at(stored)
    assert datetime.fromisoformat(answer.json()["event"]["timestamp"]) == at(stored)


@pytest.mark.parametrize(
    "stamp",
    [
        1769946000123, "1769946000123", -1, "-1", "1_769_946_000", "１７６９９４６０００", " 1769946000",
        "1.7e9", "", "yesterday", True, [], {}, 0, 253402300799, 253402300800, "9" * 5000, 10**400,
        "NaN", "Infinity", "2026-02-01", "2026-02-01T11:40:00",
    ],
)  # fmt: skip
def test_a_timestamp_that_is_none_is_refused_and_never_a_fault_of_ours(priced, stamp):
    answer = priced.send("events", {"event": LAGO | {"timestamp": stamp}})

    assert answer.status_code == 422
    assert not UsageEvent.objects.exists()


@pytest.mark.parametrize("number", [b"1e400", b"1e-400", b"1e999999999", b"1e-999999999", b"1E9.5"])
def test_nor_is_a_number_without_end(priced, number):
    body = (
        json.dumps({"event": LAGO | {"timestamp": 0}}).encode().replace(b": 0}", b": %s}" % number)
    )

    assert priced.send("events", body).status_code == 422


@pytest.mark.parametrize("properties", [{}, {"properties": None}, {"properties": {}}])
def test_lagos_events_may_have_no_properties(priced, properties):
    assert fate(priced.send("events", {"event": LAGO | properties})) == "applied"


def test_what_lagos_client_adds_is_ignored(priced):
    more = {"precise_total_amount_cents": "12.5", "lago_invoice_id": "x"}

    assert fate(priced.send("events", json.dumps({"events": [LAGO | more]}))) == "applied"


def test_an_event_that_is_an_exception_is_answered_to_lagos_client_too(priced):
    answer = priced.send("events", {"event": LAGO | {"code": "unheard"}})

    assert answer.json()["event"] == {
        "lago_id": None,
        "transaction_id": "t1",
        "external_subscription_id": "acme",
        "code": "unheard",
        "timestamp": "2026-02-01T12:00:00Z",
        "created_at": "2026-02-01T12:00:00Z",
    }
    assert UsageException.objects.count() == 1


def test_a_fault_in_one_of_our_own_events_is_told_in_our_words_whatever_its_data_says(priced):
    event = {"id": "e1", "customer": "acme", "meter": "calls", "data": {"transaction_id": "t"}}

    answer = priced.send("events", {"events": [event, event | {"colour": "red"}]})

    assert refused(answer) == (422, "event_invalid")
    assert "colour" in answer.json()["detail"]


# Numbers of clients that count in floating point


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (b"0.30000000000000004", "0.300000000000"),
        (b"1.3500000000000001e-05", "0.000013500000"),
        (b"3.5e-7", "3.5E-7"),
        (b"12.5", "12.5"),
        (b"1e-13", "0E-12"),
        (b"0.0000000000005", "0E-12"),
        (b"0.0000000000015", "2E-12"),
        (b"123456789012345678.1234567890123", "123456789012345678.123456789012"),
        (b"7", "7"),
    ],
)
@pytest.mark.parametrize("form", ["cloudevents", "lago"])
def test_a_number_keeps_twelve_decimals(priced, form, written, stored):
    event = (
        EVENT | {"data": {"cost": 0}}
        if form == "cloudevents"
        else LAGO | {"properties": {"cost": 0}}
    )
    whole = event if form == "cloudevents" else {"event": event}
    body = json.dumps(whole).encode().replace(b'"cost": 0', b'"cost": ' + written)

    answer = priced.send(
        "events", body, content_type=SINGLE if whole is event else "application/json"
    )

    assert fate(answer) == "applied"
    assert Decimal(kept(UsageEvent.objects.get().key)["cost"]) == Decimal(stored)


@pytest.mark.parametrize("written", [b"1e18", b"1e999999999", b"-0.00001", b'"0.1111111111111"'])
def test_what_cannot_be_kept_waits_as_an_exception(priced, written):
    body = (
        json.dumps(EVENT | {"data": {"cost": 0}})
        .encode()
        .replace(b'"cost": 0', b'"cost": ' + written)
    )

    assert fate(priced.send("events", body, content_type=SINGLE)) == "exception"


def test_a_cost_that_a_gateway_does_not_know_is_not_said(priced):
    assert fate(send(priced, EVENT | {"data": {"cost": None, "tokens": 5}})) == "applied"
    assert kept() == {"tokens": "5"}


def test_the_same_float_again_is_a_duplicate_and_another_a_conflict(priced):
    event = EVENT | {"data": {"cost": 0.1 + 0.2}}

    assert [
        fate(send(priced, event)),
        fate(send(priced, event)),
        fate(send(priced, EVENT | {"data": {"cost": 0.31}})),
    ] == ["applied", "duplicate", "conflict"]


# Batches and bodies


def test_an_id_twice_in_a_batch_is_one_event(priced):
    event, other = (EVENT | {"data": {"tokens": number}} for number in (1, 2))

    answer = send(priced, [event, event, other], BATCH)

    assert [result["status"] for result in answer.json()["results"]] == [
        "applied", "duplicate", "conflict",
    ]  # fmt: skip
    assert UsageEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("media", "body"),
    [(BATCH, [EVENT] * 10_001), ("application/json", {"events": [LAGO] * 10_001})],
    ids=["cloudevents", "lago"],
)
def test_more_than_ten_thousand_are_too_many_in_every_form(priced, media, body):
    answer = send(priced, body, media)

    assert refused(answer) == (413, "batch_too_large")


def in_pieces(caller: Caller, body: bytes, **environment):
    """A request whose body came in pieces, as a web server hands it on."""
    came = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "", "wsgi.input": BytesIO(body)}
    return caller.client.generic(
        "POST", "/api/v1/events", body, content_type=SINGLE, **came, **environment
    )


def test_a_body_in_pieces_is_read_to_its_end(priced):
    answer = in_pieces(priced, json.dumps(EVENT).encode(), **{"wsgi.input_terminated": True})

    assert fate(answer) == "applied"


def test_a_body_in_pieces_has_an_end(priced):
    answer = in_pieces(priced, b" " * (LARGEST_BODY_BYTES + 1), **{"wsgi.input_terminated": True})

    assert refused(answer) == (413, "body_too_large")


def test_a_server_that_cannot_tell_the_end_of_a_body_asks_for_its_length(priced):
    assert refused(in_pieces(priced, b"{}")) == (411, "length_required")


def test_what_a_compressed_body_is_answered_says_what_is_read(priced):
    answer = send(priced, EVENT) and priced.send("events", b"x", **{"Content-Encoding": "gzip"})

    assert (answer.status_code, answer["Accept-Encoding"]) == (415, "identity")
