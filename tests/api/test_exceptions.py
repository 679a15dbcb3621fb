"""`/exceptions`: messages that could not be placed, let in or let go."""

from ledger.models import UsageException
from tests.api.conftest import caller_with, places, refused
from tests.cast import customer, grant, open_pool

EVENT = {"id": "e1", "customer": "acme", "meter": "credits", "quantity": 30, "user": "ann"}
REASON = {"reason": "the customer is known now"}


def set_aside(caller, **event) -> str:
    """The id of the exception that an event became."""
    (result,) = caller.send("events", EVENT | event).json()["results"]
    assert result["status"] in ("exception", "held", "conflict")
    return caller.get("exceptions").json()["results"][0]["id"]


def credits_for_acme() -> None:
    grant(open_pool(customer()), 100, source="b1")


def test_a_message_that_could_not_be_placed_waits_with_its_body(caller):
    waiting = set_aside(caller, time="2026-02-01T11:00:00+01:00", data={"page": 1.5})

    assert caller.get("exceptions").json() == {
        "results": [
            {
                "id": waiting,
                "kind": "exception",
                "code": "unknown_customer",
                "source": "product",
                "event": "e1",
                "customer": "acme",
                "meter": "credits",
                "time": "2026-02-01T10:00:00Z",
                "received_at": "2026-02-01T12:00:00Z",
                "body": {
                    "customer": "acme",
                    "meter": "credits",
                    "time": "2026-02-01T10:00:00+00:00",
                    "quantity": "30",
                    "user": "ann",
                    "data": {"page": "1.5"},
                },
            }
        ],
        "next": None,
    }


def test_the_list_is_narrowed_by_customer_and_code(caller, acme):
    set_aside(caller, customer="nobody")
    set_aside(caller, id="e2", meter="nothing")
    set_aside(caller, id="e3", time="2026-02-01T13:00:00Z")

    def events(**query) -> list[str]:
        return [row["event"] for row in caller.get("exceptions", **query).json()["results"]]

    assert events() == ["e3", "e2", "e1"]
    assert events(customer="acme") == ["e3", "e2"]
    assert events(code="in_the_future") == ["e3"]


def test_what_can_be_placed_now_is_let_in_by_its_own_time(caller):
    waiting = set_aside(caller)
    credits_for_acme()

    answer = caller.send(f"exceptions/{waiting}/replay", REASON)

    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["outcome"]) == (waiting, "applied")
    assert caller.get("exceptions").json()["results"] == []
    assert caller.get("customers/acme/balance").json()["balances"][0]["available"] == 70
    assert caller.get("events", customer="acme").json()["results"][0]["id"] == "e1"


def test_what_still_cannot_be_placed_stays(caller):
    waiting = set_aside(caller)

    answer = caller.send(f"exceptions/{waiting}/replay", REASON)

    assert refused(answer) == (409, "exception_stays")
    assert answer.json()["detail"] == "It still cannot be placed: unknown_customer."
    assert [row["id"] for row in caller.get("exceptions").json()["results"]] == [waiting]


def test_what_is_still_ahead_stays(caller):
    credits_for_acme()
    waiting = set_aside(caller, time="2026-02-01T13:00:00Z")

    answer = caller.send(f"exceptions/{waiting}/replay", REASON)

    assert refused(answer) == (409, "exception_stays")
    assert answer.json()["detail"] == "It still cannot be placed: in_the_future."
    assert [row["id"] for row in caller.get("exceptions").json()["results"]] == [waiting]


def test_what_was_written_off_has_ended(caller):
    waiting = set_aside(caller)

    answer = caller.send(f"exceptions/{waiting}/write-off", {"reason": "a test"})
    again = caller.send(f"exceptions/{waiting}/write-off", {"reason": "a test"})
    replayed = caller.send(f"exceptions/{waiting}/replay", REASON)

    assert answer.status_code == 200
    assert answer.json()["outcome"] == "written_off"
    assert refused(again) == (409, "exception_ended")
    assert refused(replayed) == (409, "exception_ended")
    assert caller.get("exceptions").json()["results"] == []


def test_a_conflict_is_written_off_and_never_let_in(caller, acme):
    caller.send("events", EVENT)
    waiting = set_aside(caller, quantity=31)

    replayed = caller.send(f"exceptions/{waiting}/replay", REASON)
    ended = caller.send(f"exceptions/{waiting}/write-off", {"reason": "the first one is right"})

    assert refused(replayed) == (409, "exception_conflict")
    assert ended.json()["outcome"] == "written_off"


def test_both_acts_need_a_reason(caller):
    waiting = set_aside(caller)

    for act in ("replay", "write-off"):
        answer = caller.send(f"exceptions/{waiting}/{act}", {"reason": " "})
        assert refused(answer) == (422, "body_invalid")
        assert places(answer) == {"reason": "This field may not be blank."}


def test_what_is_not_there_is_not_found(caller):
    for number in ("1", "x", "-1", str(2**64), "%00"):
        answer = caller.send(f"exceptions/{number}/replay", REASON)
        assert refused(answer) == (404, "not_found")


def test_a_bound_key_sees_those_of_its_own_customer_only(caller, acme):
    waiting = set_aside(caller, meter="nothing")
    set_aside(caller, id="e2", customer="nobody")
    ada = caller_with("usage:read", name="ada", customer=acme.customer)
    otto = caller_with("usage:read", "ledger:write", name="otto", customer=customer("otto"))

    assert [row["id"] for row in ada.get("exceptions").json()["results"]] == [waiting]
    assert otto.get("exceptions").json()["results"] == []
    assert refused(otto.send(f"exceptions/{waiting}/write-off", REASON)) == (404, "not_found")
    assert not UsageException.objects.exclude(end=None).exists()


def test_the_list_takes_the_same_number_of_statements_however_long_it_is(caller):
    set_aside(caller)
    few = caller.queries("exceptions")
    caller.send("events", [EVENT | {"id": f"f{i}", "source": f"s{i}"} for i in range(9)])

    assert caller.queries("exceptions") == few
