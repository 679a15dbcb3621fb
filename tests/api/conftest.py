"""A caller with a key, whose every answer is held to the API's description."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import keys
from accounts.models import ApiKey, Customer
from contracts import agreements
from contracts.models import Contract
from creditops.lib import clock
from ledger.models import Pool
from tests.api import promises
from tests.cast import START, at, customer, grant, open_pool

NOW = at("2026-02-01 12:00")


class Caller:
    """Calls the API with a key; bodies and answers are JSON."""

    def __init__(self, secret: str | None) -> None:
        headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
        self.client = Client(headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(f"/api/v1/{path}", query)
        promises.check("get", _address(path), None, answer)
        return answer

    def send(self, path: str, body: Any = None, *, method: str = "post", **headers: str) -> Any:
        content_type = headers.pop("content_type", "application/json")
        raw = isinstance(body, bytes | str)
        data = body if raw else json.dumps({} if body is None else body)
        call = getattr(self.client, method)
        answer = call(f"/api/v1/{path}", data, content_type=content_type, headers=headers)
        plain = content_type == "application/json" and not raw
        promises.check(method, _address(path), body if plain else None, answer)
        return answer

    def queries(self, path: str, **query: Any) -> int:
        """How many statements a list takes."""
        with CaptureQueriesContext(connection) as captured:
            assert self.get(path, **query).status_code == 200
        return len(captured)

    def queries_of(self, path: str, body: Any) -> int:
        """How many statements an answer to this body takes."""
        with CaptureQueriesContext(connection) as captured:
            assert self.send(path, body).status_code == 200
        return len(captured)


def _address(path: str) -> str:
    return f"/api/v1/{path.partition('?')[0]}"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch, settings) -> datetime:
    """The doors' clock stands still, behind no TLS."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    return NOW


@pytest.fixture
def caller(db: None) -> Caller:
    """The vendor's own program: may do everything."""
    return caller_with(ApiKey.Scope.ADMIN)


def caller_with(*scopes: str, name: str = "product", customer: Customer | None = None) -> Caller:
    """A program with these scopes, bound to a customer or not."""
    _, secret = keys.create(name=name, scopes=scopes, by="Fiona", at=START, customer=customer)
    return Caller(secret)


@pytest.fixture
def acme(db: None) -> Pool:
    """Acme with 100 credits, worth $1.00."""
    pool = open_pool(customer())
    grant(pool, 100, cost=100, source="b1", end=at("2027-01-01"))
    return pool


@pytest.fixture
def signed(db: None) -> Contract:
    """Acme's contract of 10,000 credits for $100, for the year 2026 in UTC."""
    return sign(customer())


def sign(buyer: Customer, code: str = "c1", **terms: Any) -> Contract:
    """A contract of 10,000 credits for $100, for the year 2026 in UTC."""
    agreed = {
        "starts_on": date(2026, 1, 1),
        "credits": 10_000,
        "price_minor": 10_000,
        "currency": "USD",
        "time_zone": "UTC",
    }
    wanted = agreements.Terms(code=code, **{**agreed, **terms})
    return agreements.sign(buyer, wanted, by="Sam", at=START)


def refused(answer: Any) -> tuple[int, str]:
    """The status and code of a problem; it says what is wrong in a sentence."""
    problem = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:creditops:problem:{problem['code']}"
    assert len(problem["detail"]) > 10
    return answer.status_code, problem["code"]


def places(answer: Any) -> dict[str, str]:
    """What a problem says is wrong, by place."""
    return {fault["path"]: fault["detail"] for fault in answer.json()["errors"]}
