"""`/events` under hostile input: every message is judged, and none stops the others of its batch."""

import pytest

from contracts import rate_cards
from contracts.rate_cards import Item
from ledger import units
from ledger.models import Rate
from tests.api.conftest import Caller, places, refused
from tests.cast import START, customer

pytestmark = pytest.mark.django_db

GOOD = {"id": "good", "customer": "acme", "meter": "calls", "data": {"tokens": 1000, "model": "x"}}
# Costs as much per call as an event may cost at all.
DEAR = 9_007_199_254_740_991


@pytest.fixture
def priced(caller: Caller) -> Caller:
    """Acme with 100 credits, which pays per call and per 1,000 tokens."""
    customer()
    units.create_meter(code="calls", name="Calls", properties={"model": "text", "tokens": "number"})
    items = [
        Item("call", 1, meter="calls"),
        Item("tokens", 5, kind=Rate.Kind.PACK, per=1_000, meter="calls", property="tokens"),
        Item("dear", DEAR),
    ]
    rate_cards.publish(
        card="card", version="1", items=items, effective_from=START, by="Sam", at=START
    )
    order = {"customer": "acme", "credits": 100, "price": "1.00", "payment": "invoice"}
    assert caller.send("topups", order | {"rate_card": "card"}).status_code == 201
    return caller


def fate(caller: Caller, **event) -> tuple[str, str | None]:
    """What becomes of an event between two good ones, which are applied whatever it is."""
    batch = [GOOD, GOOD | {"id": "bad"} | event, GOOD | {"id": "good too"}]
    first, bad, last = caller.send("events", batch).json()["results"]
    assert (first["status"], last["status"]) == ("applied", "applied")
    return bad["status"], bad.get("code")


@pytest.mark.parametrize(
    ("field", "said", "wanted"),
    [
        ("quantity", "-1", "quantity: Write a whole number, or a decimal in quotes"),
        ("time", "2026-02-01T10:00:00", "time: Write an instant with its offset"),
        ("id", "", "id is missing."),
    ],
)
def test_an_event_that_can_not_be_read_is_told_by_place_and_field(priced, field, said, wanted):
    answer = priced.send("events", [GOOD, GOOD | {"id": "bad"} | {field: said}])

    assert refused(answer) == (422, "event_invalid")
    assert places(answer)["events[1]"].startswith(wanted)


@pytest.mark.parametrize(
    "tokens", ["1e3", "NaN", "-1", " 12 ", "1_000", "１２", "", True, None, [], {}]
)
def test_what_is_no_number_is_no_quantity(priced, tokens):
    assert fate(priced, data={"tokens": tokens}) == ("exception", "no_quantity")


@pytest.mark.parametrize("tokens", [10**18, 10**400, "9" * 19, "0." + "1" * 13])
def test_a_number_that_cannot_be_kept_exactly_is_no_quantity(priced, tokens):
    assert fate(priced, data={"tokens": tokens}) == ("exception", "no_quantity")


@pytest.mark.parametrize("tokens", [b"1e308", b"1e-13", b"1e999999999", b"-0.5"])
def test_so_is_a_json_number_that_cannot(priced, tokens):
    body = b'{"id": "e", "customer": "acme", "meter": "calls", "data": {"tokens": %s}}' % tokens

    (result,) = priced.send("events", body).json()["results"]

    assert (result["status"], result["code"]) == ("exception", "no_quantity")


@pytest.mark.parametrize("tokens", [1000, "1000", "1000.000", 1000.0])
def test_a_number_may_be_written_as_json_writes_it_or_as_plain_text(priced, tokens):
    assert fate(priced, data={"tokens": tokens, "model": "y"}) == ("applied", None)


@pytest.mark.parametrize("quantity", [2, 10**17])
def test_an_event_that_costs_more_than_json_can_say_is_set_aside(priced, quantity):
    event = {"meter": "dear", "quantity": quantity, "data": {}}

    assert fate(priced, **event) == ("exception", "quantity_too_large")
    asked = priced.send("check", {"customer": "acme", "meter": "dear", "quantity": quantity})
    assert asked.json()["reason"] == "quantity_too_large"


@pytest.mark.parametrize("model", [[1.5], {"size": [{"is": 1.5}]}, 1.5, None, True])
def test_data_that_is_kept_may_be_any_json_and_repeats_itself_exactly(priced, model):
    event = GOOD | {"data": {"tokens": 0, "model": model}}

    first, again = (priced.send("events", event).json()["results"][0] for _ in range(2))

    assert (first["status"], again["status"]) == ("applied", "duplicate")


def test_data_that_waits_with_an_exception_may_be_any_json(priced):
    event = GOOD | {"meter": "nothing", "data": {"a": [1.5, {"b": 10**30}]}}

    first, again = (priced.send("events", event).json()["results"][0] for _ in range(2))
    (waiting,) = priced.get("exceptions").json()["results"]

    assert (first["status"], again["status"]) == ("exception", "duplicate")
    assert waiting["body"]["data"] == {"a": ["1.5", {"b": 10**30}]}


@pytest.mark.parametrize("levels", [33, 900])
def test_data_without_end_is_refused(priced, levels):
    data = b'{"a":' * levels + b"1" + b"}" * levels
    body = b'{"id": "e", "customer": "acme", "meter": "calls", "data": %s}' % data

    answer = priced.send("events", body)

    assert refused(answer) == (422, "event_invalid")
    assert places(answer) == {"events[0]": "data is nested deeper than 32 levels."}


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"7",
        b'"x"',
        b"{}",
        b"[null]",
        b'{"event": null}',
        b'{"events": null}',
        b'{"events": {}}',
        b'{"events": [{"transaction_id": 1}]}',
    ],
)
def test_a_body_of_another_shape_is_told_the_place(priced, body):
    answer = priced.send("events", body)

    assert refused(answer) == (422, "event_invalid")
    assert len(places(answer)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"\xef\xbb\xbf{}",
        '{"id": "a"}'.encode("utf-16"),
        b'{"id": "1", "customer": "acme", "meter": "calls"} x',
        b'{"id": 1e400}}',
    ],
)
def test_bytes_that_are_no_json_are_told_so(priced, body):
    assert refused(priced.send("events", body)) == (422, "body_unreadable")
