"""Answers with which settings Django reaches the database: as the application and as the owner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

from creditops.database import embedded

# What a session of the application obeys. `synchronous_commit` is never off for a ledger: with it
# off a crash loses acknowledged commits.
_APP = {
    "lock_timeout": "3s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "synchronous_commit": "on",
    "timezone": "UTC",
}
# Migrations give up quickly rather than make every reader wait behind them.
_OWNER = {"lock_timeout": "5s", "timezone": "UTC"}


def settings(*, url: str | None, owner_url: str | None, data: Path) -> dict[str, dict[str, Any]]:
    """Django's DATABASES.

    Args:
        url: DATABASE_URL, the application's role; None for the embedded server.
        owner_url: DATABASE_OWNER_URL, the role that owns the tables. Without it, and with a `url`,
            there is no connection named "owner", and the commands that need one say so.
        data: the data folder, where the embedded server lives.
    """
    if url is None:
        app = embedded.connection(data, user=embedded.APP)
        owner: dict[str, Any] | None = embedded.connection(data, user=embedded.OWNER)
    else:
        app = environ.Env.db_url_config(url)
        owner = environ.Env.db_url_config(owner_url) if owner_url else None
    databases = {"default": _with_session(app, _APP)}
    if owner is not None:
        databases["owner"] = _with_session(owner, _OWNER)
    return databases


def _with_session(database: dict[str, Any], session: dict[str, str]) -> dict[str, Any]:
    """`database` through our backend, each session with the given PostgreSQL settings."""
    flags = " ".join(f"-c {name}={value}" for name, value in session.items())
    return {
        **database,
        "ENGINE": "creditops.database",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **database.get("OPTIONS", {}),
            "options": flags,
            # Asked so often in a session, a statement of `creditops.lib.binary` is kept planned.
            "prepare_threshold": 5,
        },
    }
