"""Pages of lists: by keyset, in a total order, nothing shown twice, nothing left out."""

import pytest

from tests.api.conftest import places, refused
from tests.cast import customer

pytestmark = pytest.mark.django_db


def names(answer) -> list[str]:
    return [row["id"] for row in answer.json()["results"]]


def test_pages_follow_each_other_and_the_last_one_says_so(caller):
    for number in range(5):
        customer(f"c{number}")

    first = caller.get("customers", limit=2)
    second = caller.get("customers", limit=2, cursor=first.json()["next"])
    third = caller.get("customers", limit=2, cursor=second.json()["next"])

    assert names(first) + names(second) + names(third) == ["c4", "c3", "c2", "c1", "c0"]
    assert third.json()["next"] is None


def test_what_is_added_meanwhile_moves_no_page(caller):
    for number in range(4):
        customer(f"c{number}")
    first = caller.get("customers", limit=2)
    customer("new")

    second = caller.get("customers", limit=2, cursor=first.json()["next"])

    assert names(second) == ["c1", "c0"]


def test_a_page_that_ends_exactly_is_the_last(caller):
    customer("c0")
    customer("c1")

    assert caller.get("customers", limit=2).json()["next"] is None


def test_without_a_limit_fifty_are_shown(caller):
    for number in range(51):
        customer(f"c{number}")

    answer = caller.get("customers")

    assert len(answer.json()["results"]) == 50
    assert answer.json()["next"] is not None


@pytest.mark.parametrize("limit", ["0", "-1", "501", "1e9", "9" * 40, "ten", "", "１", "1.0"])
def test_a_limit_is_a_number_from_1_to_500(caller, limit):
    answer = caller.get("customers", limit=limit)

    assert refused(answer) == (422, "query_invalid")
    assert places(answer) == {"limit": "Write a whole number from 1 to 500."}


@pytest.mark.parametrize(
    "cursor", ["x", "", "é", "W1tbW1tb", "YWZ0ZXI6", "YWZ0ZXI6LTE=", "YWZ0ZXI6MXgx", "A" * 6000]
)
def test_a_cursor_comes_from_a_page(caller, cursor):
    answer = caller.get("customers", cursor=cursor)

    assert refused(answer) == (422, "query_invalid")
    assert places(answer) == {"cursor": "Take it from `next` of a page, or begin without one."}


def test_a_parameter_that_is_not_there_is_refused_rather_than_ignored(caller):
    answer = caller.get("invoices", costumer="acme")

    assert refused(answer) == (422, "query_invalid")
    assert places(answer) == {
        "costumer": "There is no such field. There are: limit, cursor, customer."
    }
