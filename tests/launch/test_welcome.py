"""What `up` says when everything runs: where, who can log in, where letters are."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditops.demo import people
from creditops.launch import welcome
from tests import staff
from tests.cast import START

pytestmark = pytest.mark.django_db
ADDRESS = "http://localhost:8000"


def test_people_of_the_demo_are_named_only_where_they_can_log_in():
    people.hire(START)

    said = list(welcome.lines(ADDRESS, None))

    assert "Log in with the password credits-are-money as" in said
    assert [line.split()[0] for line in said if "@" in line] == [
        "fiona@lumen.example",
        "sam@lumen.example",
        "mara@lumen.example",
        "augusta@lumen.example",
    ]


def test_an_empty_book_says_how_to_make_the_first_login():
    said = list(welcome.lines(ADDRESS, None))

    assert [line for line in said if "@" in line or "password" in line] == []
    assert "  .venv/bin/python manage.py createsuperuser" in said


def test_a_book_of_ones_own_asks_for_ones_own_login():
    staff.person(None)

    assert "Log in with your own e-mail and password." in welcome.lines(ADDRESS, None)


def test_letters_that_do_not_leave_are_to_be_found():
    (line,) = [line for line in welcome.lines(ADDRESS, Path("/book/mail")) if "Letters" in line]

    assert line == "Letters to customers are not sent; they are files in /book/mail"
