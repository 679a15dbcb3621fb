"""Answers whether this process lives and whether it can work, for load balancers and people.

Both are open to everybody, so they say which part fails and never why or where.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from creditops import broker
from creditops.celery import app


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked, so a failing database restarts no web server."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, migrations and broker, each `ok` or not; 503 unless all are."""
    parts: dict[str, Callable[[], str]] = {
        "database": database,
        "migrations": migrations,
        "broker": message_broker,
    }
    said = {name: ask() for name, ask in parts.items()}
    ready = set(said.values()) == {"ok"}
    body = {"status": "ok" if ready else "not ready", **said}
    return JsonResponse(body, status=200 if ready else 503)


def database() -> str:
    """`ok`, or `unreachable`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, ImproperlyConfigured):
        return "unreachable"
    return "ok"


def migrations() -> str:
    """`ok`, `pending` if the program is newer than the tables, or `unknown`."""
    try:
        loader = MigrationLoader(connection)
    except (DatabaseError, ImproperlyConfigured):
        return "unknown"
    return "ok" if loader.graph.nodes.keys() <= loader.applied_migrations.keys() else "pending"


def message_broker() -> str:
    """`ok`, or `unreachable`."""
    try:
        with app.connection_for_write(connect_timeout=broker.CONNECT_SECONDS_MAX) as link:
            link.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            link.default_channel  # noqa: B018 - a channel is what really connects
    except (OperationalError, OSError):
        return "unreachable"
    return "ok"
