"""`/customers`: made, listed, changed."""

import pytest

from accounts.models import Customer
from tests.api.conftest import caller_with, places, refused
from tests.cast import customer

ACME = {
    "id": "acme",
    "name": "Acme",
    "legal_name": "Acme Inc.",
    "country": "US",
    "region": "CA",
    "currency": "USD",
    "time_zone": "America/Los_Angeles",
    "segment": "self_serve",
    "kind": "business",
    "tax_id": "12-3456789",
    "address": "1 Road\nTown",
    "language": "en",
}


def test_a_customer_is_made_with_all_its_facts(caller):
    answer = caller.send("customers", ACME)

    assert answer.status_code == 201
    assert answer.json() == ACME | {"parent": None}
    assert caller.get("customers/acme").json() == answer.json()


def test_what_is_left_out_has_a_default(caller):
    answer = caller.send(
        "customers", {"id": "b", "name": "B", "currency": "EUR", "time_zone": "Europe/Berlin"}
    )

    assert answer.json() == {
        "id": "b",
        "name": "B",
        "legal_name": "",
        "kind": "business",
        "segment": "enterprise",
        "country": "",
        "region": "",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "tax_id": "",
        "address": "",
        "language": "en",
        "parent": None,
    }


def test_a_child_names_its_parent_and_has_no_children(caller):
    caller.send("customers", ACME)

    child = caller.send("customers", ACME | {"id": "acme-labs", "parent": "acme"})
    grandchild = caller.send("customers", ACME | {"id": "x", "parent": "acme-labs"})
    orphan = caller.send("customers", ACME | {"id": "x", "parent": "nobody"})

    assert child.json()["parent"] == "acme"
    assert refused(grandchild) == (409, "customer_family_too_deep")
    assert refused(orphan) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"id": "a b"}, "id", "Use letters, digits and . _ @ -, beginning with a letter or digit."),
        ({"id": 7}, "id", "Write a text."),
        ({"id": "x" * 101}, "id", "Ensure this field has no more than 100 characters."),
        ({"name": "  "}, "name", "This field may not be blank."),
        ({"name": "A\nBcc: all@x.com"}, "name", "Write it without control characters."),
        ({"name": None}, "name", "This field may not be null."),
        ({"country": "us"}, "country", "Write an ISO 3166 code of two capitals, like DE."),
        ({"segment": "gold"}, "segment", "Write one of enterprise, self_serve."),
        ({"segment": ["enterprise"]}, "segment", "Write one of enterprise, self_serve."),
    ],
)
def test_a_field_that_cant_be_meant_is_named(caller, change, path, said):
    answer = caller.send("customers", ACME | change)

    assert refused(answer) == (422, "body_invalid")
    assert places(answer) == {path: said}
    assert not Customer.objects.exists()


def test_unknown_fields_are_refused_by_name_and_told_which_there_are(caller):
    answer = caller.send("customers", ACME | {"colour": "red", "credit_limit": 5})

    assert refused(answer) == (422, "body_invalid")
    assert set(places(answer)) == {"colour", "credit_limit"}
    assert "There are: id, name, legal_name" in places(answer)["colour"]
    assert answer.json()["errors"][0]["code"] == "unknown_field"


def test_a_missing_field_is_named(caller):
    answer = caller.send("customers", {"id": "acme", "name": "Acme"})

    assert places(answer) == {
        "currency": "This field is required.",
        "time_zone": "This field is required.",
    }


def test_currency_and_zone_must_exist(caller):
    unit = caller.send("customers", ACME | {"currency": "usd"})
    zone = caller.send("customers", ACME | {"time_zone": "Mars/Olympus"})

    assert refused(unit) == (422, "currency_unknown")
    assert refused(zone) == (409, "time_zone_unknown")


def test_the_same_id_is_not_given_twice(caller):
    caller.send("customers", ACME)

    assert refused(caller.send("customers", ACME)) == (409, "customer_exists")


def test_facts_are_changed_and_the_rest_stays(caller):
    caller.send("customers", ACME)

    answer = caller.send("customers/acme", {"name": "Acme & Co", "country": "DE"}, method="patch")

    assert answer.status_code == 200
    assert answer.json() == ACME | {"name": "Acme & Co", "country": "DE", "parent": None}


def test_currency_and_zone_stay_for_ever(caller):
    caller.send("customers", ACME)

    answer = caller.send("customers/acme", {"currency": "EUR"}, method="patch")

    assert refused(answer) == (422, "body_invalid")
    assert set(places(answer)) == {"currency"}


def test_a_bound_key_sees_its_customer_and_its_children_only(caller):
    acme = customer()
    customer("labs", parent=acme)
    customer("otto")
    bound = caller_with("usage:read", "ledger:write", name="bound", customer=acme)

    listed = bound.get("customers").json()["results"]

    assert [row["id"] for row in listed] == ["labs", "acme"]
    assert refused(bound.get("customers/otto")) == (404, "not_found")
    assert bound.get("customers/otto").json() == bound.get("customers/nobody").json() | {
        "detail": "There is no customer 'otto'."
    }
    theft = bound.send("customers/otto", {"name": "Mine"}, method="patch")
    assert refused(theft) == (404, "not_found")
    assert Customer.objects.get(code="otto").name == "Otto"


def test_the_list_takes_the_same_number_of_statements_however_long_it_is(caller):
    acme = customer()
    few = caller.queries("customers")
    for number in range(5):
        customer(f"child-{number}", parent=acme)

    assert caller.queries("customers") == few
