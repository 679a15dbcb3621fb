"""What every test of contracts stands on: the house proves its books after each."""

import pytest

from tests import cast

AFTERWARDS = cast.at("2040-01-01")


@pytest.fixture
def damaged_books():
    """For tests whose books can't be proved afterwards."""


@pytest.fixture(autouse=True)
def books_are_whole(request):
    """After each test the journal balances, blocks add up, and deferred revenue is what is left."""
    in_database = request.node.get_closest_marker("django_db") is not None
    if in_database:
        request.getfixturevalue("db")
    yield
    if in_database and "damaged_books" not in request.fixturenames:
        assert cast.breaches(AFTERWARDS) == []
