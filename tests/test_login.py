"""One login for everyone; guesses are limited."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import people
from accounts.models import Membership
from accounts.roles import Role
from creditops.login import FAILURES_MAX
from tests import cast
from tests.cast import START

PASSWORD = "a long enough passphrase"


@pytest.fixture(autouse=True)
def _no_failures_remembered(db: None, settings) -> None:
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


@pytest.fixture
def ada(db: None) -> None:
    """A customer's person."""
    people.add_member(
        email="ada@acme.example", name="Ada", customer=cast.customer(), at=START,
        role=Membership.Role.ADMIN, password=PASSWORD,
    )  # fmt: skip


def log_in(password: str = PASSWORD, email: str = "ada@acme.example", path: str = "/login/"):
    return Client().post(path, {"username": email, "password": password})


def test_a_customers_person_goes_on_to_the_portal(ada: None):
    answer = log_in()

    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_staff_go_on_to_the_desk(db: None):
    people.add_staff(
        email="fiona@vendor.example", name="Fiona", role=Role.FINANCE, at=START, password=PASSWORD
    )

    assert log_in(email="Fiona@Vendor.example")["Location"] == "/admin/"


def test_one_goes_on_to_the_page_one_asked_for(ada: None):
    assert log_in(path="/login/?next=/usage/")["Location"] == "/usage/"


def test_nobody_is_led_to_another_site(ada: None):
    assert log_in(path="/login/?next=https://evil.example/")["Location"] == "/"


@pytest.mark.parametrize("email", ["ada@acme.example", "nobody@acme.example"])
def test_a_wrong_password_and_an_unknown_person_read_the_same(ada: None, email: str):
    answer = log_in("wrong", email)

    assert answer.status_code == 200
    assert "This e-mail and password don&#x27;t belong together." in answer.content.decode()


def test_after_too_many_failures_the_right_password_does_not_help(ada: None):
    for _ in range(FAILURES_MAX):
        log_in("wrong")

    answer = log_in()

    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "Too many attempts. Wait 15 minutes" in answer.content.decode()


def test_a_login_forgets_the_failures_before_it(ada: None):
    for _ in range(FAILURES_MAX - 1):
        log_in("wrong")
    log_in()
    log_in("wrong")

    assert log_in().status_code == 302


def test_failures_of_one_do_not_lock_another(ada: None):
    for _ in range(FAILURES_MAX):
        log_in("wrong", "tom@acme.example")

    assert log_in().status_code == 302


def test_logging_out_takes_a_post(ada: None):
    browser = Client()
    browser.post("/login/", {"username": "ada@acme.example", "password": PASSWORD})

    assert browser.get("/logout/").status_code == 405
    assert browser.post("/logout/")["Location"] == "/login/"
    assert browser.get("/")["Location"] == "/login/?next=/"
