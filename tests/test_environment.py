"""The environment: every variable checked at the start, each mistake named with what to write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured

from creditops import environment

SERVER = {
    "DATABASE_URL": "postgres://app@db.example.com/credits",
    "SECRET_KEY": "s" * 50,
    "DEBUG": "0",
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch, tmp_path):
    for name in (
        "DATABASE_URL DATABASE_OWNER_URL DEBUG SECRET_KEY ALLOWED_HOSTS EMAIL_URL BOOKS_TIME_ZONE "
        "BOOKS_CURRENCY SITE_URL CREDITOPS_PG_BIN CREDITOPS_TEST_CLOCK CREDITOPS_NOW CELERY_BROKER_URL "
        "CACHE_URL API_RATE_LIMIT EVENTS_RATE_LIMIT"
    ).split():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CREDITOPS_DATA", str(tmp_path))


def read(monkeypatch, **variables: str) -> environment.Environment:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return environment.read()


def test_a_trial_machine_needs_nothing_and_keeps_its_own_secret(monkeypatch):
    first, second = read(monkeypatch), read(monkeypatch)

    assert (first.debug, first.database_url, first.email) == (True, None, None)
    assert (first.books_currency, first.books_time_zone, first.test_clock) == ("USD", "UTC", None)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 50


def test_on_a_server_debug_is_off_unless_it_is_asked_for(monkeypatch):
    server = SERVER | {"DEBUG": ""}
    monkeypatch.delenv("DEBUG", raising=False)

    assert read(monkeypatch, **{k: v for k, v in server.items() if v}).debug is False


def test_mail_goes_by_the_server_that_is_named(monkeypatch):
    mail = read(monkeypatch, EMAIL_URL="smtp+tls://ops%40x.example:secret@mail.example.com").email

    assert mail is not None
    assert mail["EMAIL_HOST"] == "mail.example.com"
    assert (mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]) == ("ops@x.example", "secret")
    assert (mail["EMAIL_PORT"], mail["EMAIL_USE_TLS"], mail["EMAIL_TIMEOUT"]) == (587, True, 20)


def test_nothing_is_limited_unless_it_is_asked_for(monkeypatch):
    found = read(monkeypatch)

    assert (found.api_rate_limit, found.events_rate_limit, found.cache_url) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("50/second", (50, 1)), ("600/minute", (600, 60)), ("20000/hour", (20_000, 3600))],
)
def test_a_limit_is_so_many_in_a_time(monkeypatch, text, rate):
    found = read(monkeypatch, API_RATE_LIMIT=text, EVENTS_RATE_LIMIT=text)

    assert (found.api_rate_limit, found.events_rate_limit) == (rate, rate)


@pytest.mark.parametrize(
    ("variables", "counted_in"),
    [
        ({"CELERY_BROKER_URL": "redis://broker/0"}, "redis://broker/0"),
        ({"CELERY_BROKER_URL": "redis://broker/0", "CACHE_URL": "redis://c/1"}, "redis://c/1"),
        ({"CELERY_BROKER_URL": "amqp://broker", "CACHE_URL": "rediss://c/1"}, "rediss://c/1"),
    ],
)
def test_web_processes_count_together_in_the_redis_that_there_is(
    monkeypatch, variables, counted_in
):
    found = read(monkeypatch, **SERVER, **variables, API_RATE_LIMIT="1/second")

    assert found.cache_url == counted_in


def test_the_test_clock_stands_where_it_is_put(monkeypatch):
    read_ = read(monkeypatch, CREDITOPS_TEST_CLOCK="1", CREDITOPS_NOW="2023-11-17T00:00:00Z")

    assert read_.test_clock == datetime(2023, 11, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DEBUG": "0"}, "DEBUG is off and DATABASE_URL is not set"),
        (SERVER | {"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"BOOKS_TIME_ZONE": "Mars/Olympus"}, "BOOKS_TIME_ZONE is 'Mars/Olympus'"),
        ({"VAT_ID_CHECK": "maybe"}, "VAT_ID_CHECK is 'maybe'"),
        ({"BOOKS_CURRENCY": "dollars"}, "BOOKS_CURRENCY is 'dollars'"),
        ({"SITE_URL": "credits.example.com"}, "SITE_URL is 'credits.example.com'"),
        ({"EMAIL_URL": "mail.example.com"}, "EMAIL_URL is not an address of a mail server"),
        ({"EMAIL_URL": "pop3://mail.example.com"}, "EMAIL_URL is not an address of a mail server"),
        ({"API_RATE_LIMIT": "600"}, "API_RATE_LIMIT is '600'"),
        ({"API_RATE_LIMIT": "0/minute"}, "API_RATE_LIMIT is '0/minute'"),
        ({"EVENTS_RATE_LIMIT": "5/fortnight"}, "EVENTS_RATE_LIMIT is '5/fortnight'"),
        ({"CACHE_URL": "memcached://host"}, "CACHE_URL is 'memcached://host'"),
        (SERVER | {"API_RATE_LIMIT": "9/second"}, "nothing to count in together"),
        ({"CREDITOPS_PG_BIN": "/nowhere"}, "CREDITOPS_PG_BIN is '/nowhere'"),
        ({"CREDITOPS_NOW": "2023-11-17T00:00:00Z"}, "CREDITOPS_TEST_CLOCK is not 1"),
        (
            {"CREDITOPS_TEST_CLOCK": "1", "CREDITOPS_NOW": "2023-11-17"},
            "CREDITOPS_NOW is '2023-11-17'",
        ),
        (
            SERVER | {"CREDITOPS_TEST_CLOCK": "1", "CREDITOPS_NOW": "2023-11-17T00:00:00Z"},
            "The test clock never runs there",
        ),
    ],
)
def test_a_mistake_is_named_with_what_to_write(monkeypatch, variables, said):
    with pytest.raises(ImproperlyConfigured, match=said):
        read(monkeypatch, **variables)
