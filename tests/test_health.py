"""What load balancers ask: does the process live, can it work."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from kombu import Connection

from creditops.celery import app


def test_a_living_process_says_so_without_asking_the_database(client: Client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_program_that_can_work_is_ready(client: Client):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "database": "ok", "migrations": "ok", "broker": "ok"},
    )


@pytest.mark.django_db
def test_a_program_newer_than_its_tables_is_not_ready(client: Client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "database": "ok",
        "migrations": "pending",
        "broker": "ok",
    }


@pytest.mark.django_db
def test_a_program_without_its_broker_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        app, "connection_for_write", lambda **options: Connection("redis://127.0.0.1:1")
    )

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["broker"] == "unreachable"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_only_read(client: Client, path: str):
    assert client.post(path).status_code == 405
