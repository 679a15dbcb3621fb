"""Answers what the environment says: every variable the program obeys is read and checked here.

A wrong value stops the program at its start, with the name of the variable and what to write,
never at night in the middle of a billing run. The list with meanings is `docs/configuration.md`.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent

# A mail server that says nothing for so long is not there; the letter waits in the outbox.
MAIL_SECONDS_MAX = 20
_REDIS = ("redis://", "rediss://")
_RATE = re.compile(r"(?P<count>[1-9][0-9]{0,8})/(?P<time>second|minute|hour)", re.ASCII)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}


@dataclass(frozen=True)
class Environment:
    """What the environment says, checked. `database_url` is None on the embedded database."""

    debug: bool
    secret_key: str
    allowed_hosts: list[str]
    data: Path
    archive: Path
    database_url: str | None
    database_owner_url: str | None
    broker_url: str | None
    cache_url: str | None
    api_rate_limit: tuple[int, int] | None
    events_rate_limit: tuple[int, int] | None
    email: dict[str, Any] | None
    stripe_secret_key: str
    stripe_publishable_key: str
    stripe_webhook_secret: str
    stripe_api_base: str
    public_address: str
    vat_id_check: str
    postgresql_binaries: Path | None
    site_url: str
    books_time_zone: str
    books_currency: str
    test_clock: datetime | None


def read() -> Environment:
    """Read and check the environment.

    Returns the checked values. Raises ImproperlyConfigured with one sentence that names the
    variable. Without `DATABASE_URL` this is a trial on one machine: the embedded database, and
    DEBUG on unless it says otherwise, which the embedded database then refuses.
    """
    env = environ.Env()
    database_url = env.str("DATABASE_URL", default="") or None
    debug = env.bool("DEBUG", default=database_url is None)
    data = Path(env.str("CREDITOPS_DATA", default="") or ROOT / ".data").absolute()
    if database_url is None and not debug:
        raise ImproperlyConfigured(
            "DEBUG is off and DATABASE_URL is not set. The embedded database is for trials and "
            "tests only: set DATABASE_URL to a PostgreSQL 15 or later."
        )
    return Environment(
        debug=debug,
        secret_key=_secret_key(env, debug, data),
        allowed_hosts=env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"]),
        data=data,
        archive=Path(env.str("CREDITOPS_ARCHIVE", default="") or data / "archive").absolute(),
        database_url=database_url,
        database_owner_url=env.str("DATABASE_OWNER_URL", default="") or None,
        broker_url=env.str("CELERY_BROKER_URL", default="") or None,
        cache_url=_cache(env),
        api_rate_limit=_rate(env, "API_RATE_LIMIT", debug),
        events_rate_limit=_rate(env, "EVENTS_RATE_LIMIT", debug),
        email=_email(env),
        stripe_secret_key=env.str("STRIPE_SECRET_KEY", default=""),
        stripe_publishable_key=_with_stripe(env, "STRIPE_PUBLISHABLE_KEY", "pk_"),
        stripe_webhook_secret=_with_stripe(env, "STRIPE_WEBHOOK_SECRET", "whsec_"),
        stripe_api_base=_stripe_api_base(env, debug),
        public_address=_public_address(env, debug),
        vat_id_check=_vat_id_check(env.str("VAT_ID_CHECK", default="offline")),
        postgresql_binaries=postgresql_binaries(),
        site_url=_site(env),
        books_time_zone=_zone(env.str("BOOKS_TIME_ZONE", default="UTC")),
        books_currency=_currency(env.str("BOOKS_CURRENCY", default="USD")),
        test_clock=_test_clock(env, debug),
    )


def postgresql_binaries() -> Path | None:
    """The folder with the binaries (initdb, pg_ctl, postgres) that the embedded server shall use.

    Returns None where CREDITOPS_PG_BIN is not set: `database/binaries.py` then looks for some.
    Raises ImproperlyConfigured when the folder holds no initdb.
    """
    given = environ.Env().str("CREDITOPS_PG_BIN", default="")
    if not given:
        return None
    folder = Path(given).absolute()
    if not (folder / "initdb").is_file():
        raise ImproperlyConfigured(
            f"CREDITOPS_PG_BIN is {given!r}, where no initdb stands. Write the folder that holds "
            "PostgreSQL's binaries, like /usr/lib/postgresql/17/bin, or unset it."
        )
    return folder


def _vat_id_check(given: str) -> str:
    """Who is asked about VAT ids: nobody, or the European Commission's service."""
    if given not in ("offline", "vies"):
        raise ImproperlyConfigured(
            f"VAT_ID_CHECK is {given!r}. Write offline (form and check digits) or vies (the European "
            "Commission's service is asked too)."
        )
    return given


def _secret_key(env: environ.Env, debug: bool, data: Path) -> str:
    """The key from the environment; on a trial machine one made once, kept in the data folder."""
    given = env.str("SECRET_KEY", default="")
    if given:
        return str(given)
    if not debug:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Make one with "
            "`python -c 'import secrets; print(secrets.token_urlsafe(50))'` and keep it secret."
        )
    kept = data / "secret_key"
    if not kept.exists():
        data.mkdir(parents=True, exist_ok=True)
        made = data / f"secret_key.{os.getpid()}"
        made.write_text(secrets.token_urlsafe(50))
        made.chmod(0o600)
        made.replace(kept)
    return kept.read_text()


def _email(env: environ.Env) -> dict[str, Any] | None:
    """Django's EMAIL_* settings from EMAIL_URL, with a port and seconds to wait; None without it."""
    url = env.str("EMAIL_URL", default="")
    if not url:
        return None
    scheme, _, rest = url.partition("://")
    if scheme not in _MAIL_PORTS or not urlsplit(f"//{rest}").hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL is not an address of a mail server. Write one like "
            "smtp+tls://user:password@mail.example.com:587."
        )
    settings: dict[str, Any] = environ.Env.email_url_config(url)
    settings["EMAIL_PORT"] = settings["EMAIL_PORT"] or _MAIL_PORTS[scheme]
    return settings | {"EMAIL_TIMEOUT": MAIL_SECONDS_MAX}


def _with_stripe(env: environ.Env, variable: str, begins: str) -> str:
    """What Stripe's secret key needs beside it: without, cards could be charged and nobody would hear."""
    given: str = env.str(variable, default="")
    if env.str("STRIPE_SECRET_KEY", default="") and not given:
        raise ImproperlyConfigured(
            f"STRIPE_SECRET_KEY is set and {variable} is not. Stripe's dashboard shows it; it begins "
            f"with {begins}."
        )
    return given


def _stripe_api_base(env: environ.Env, debug: bool) -> str:
    given: str = env.str("STRIPE_API_BASE", default="")
    if given and not debug:
        raise ImproperlyConfigured(
            "STRIPE_API_BASE leads to a test double while DEBUG is off. Unset it: cards are charged by "
            "Stripe itself."
        )
    return given


def _public_address(env: environ.Env, debug: bool) -> str:
    """Where people reach the program, for links in letters; by default the first host that is one."""
    given: str = env.str("PUBLIC_ADDRESS", default="").rstrip("/")
    if given:
        if urlsplit(given).scheme not in ("http", "https") or not urlsplit(given).hostname:
            raise ImproperlyConfigured(
                f"PUBLIC_ADDRESS is {given!r}. Write one like https://credits.example.com."
            )
        return given
    hosts = [host for host in env.list("ALLOWED_HOSTS", default=[]) if host[:1] not in "*.["]
    return f"http{'' if debug else 's'}://{(hosts or ['localhost:8000'])[0]}"


def _cache(env: environ.Env) -> str | None:
    """The Redis in which web processes count together; the broker's where that is one."""
    given = env.str("CACHE_URL", default="")
    if given and not given.startswith(_REDIS):
        raise ImproperlyConfigured(
            f"CACHE_URL is {given!r}. Write the address of a Redis, like redis://host/1."
        )
    broker = env.str("CELERY_BROKER_URL", default="")
    return given or (broker if broker.startswith(_REDIS) else None)


def _rate(env: environ.Env, variable: str, debug: bool) -> tuple[int, int] | None:
    """How many in how many seconds, from text like 600/minute; None for no limit."""
    given = env.str(variable, default="")
    if not given:
        return None
    found = _RATE.fullmatch(given)
    if found is None:
        raise ImproperlyConfigured(
            f"{variable} is {given!r}. Write how many in which time, like 50/second, 600/minute or "
            "20000/hour, or leave it out for no limit."
        )
    if not debug and _cache(env) is None:
        raise ImproperlyConfigured(
            f"{variable} is set, but the web processes have nothing to count in together. Set "
            "CACHE_URL to a Redis, like redis://host/1."
        )
    return int(found["count"]), _SECONDS[found["time"]]


def _site(env: environ.Env) -> str:
    """The address of the program as customers reach it, without a slash at its end."""
    given: str = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
    read = urlsplit(given)
    if read.scheme not in ("http", "https") or not read.hostname or read.query or read.fragment:
        raise ImproperlyConfigured(
            f"SITE_URL is {given!r}. Write the address that customers open, like "
            "https://credits.example.com."
        )
    return given


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ImproperlyConfigured(
            f"BOOKS_TIME_ZONE is {name!r}, which is no IANA time zone. Write one like "
            "Europe/Berlin or UTC."
        ) from error
    return name


def _currency(code: str) -> str:
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise ImproperlyConfigured(
            f"BOOKS_CURRENCY is {code!r}. Write an ISO 4217 code in capitals, like USD or EUR."
        )
    return code


def _test_clock(env: environ.Env, debug: bool) -> datetime | None:
    """The instant of the test clock: only with CREDITOPS_TEST_CLOCK=1, never while DEBUG is off."""
    switched_on = env.bool("CREDITOPS_TEST_CLOCK", default=False)
    now = env.str("CREDITOPS_NOW", default="")
    if now and not switched_on:
        raise ImproperlyConfigured(
            "CREDITOPS_NOW is set but CREDITOPS_TEST_CLOCK is not 1. Set both, or neither."
        )
    if not switched_on:
        return None
    if not debug:
        raise ImproperlyConfigured(
            "CREDITOPS_TEST_CLOCK is 1 while DEBUG is off. The test clock never runs there: "
            "unset it."
        )
    return _instant("CREDITOPS_NOW", now)


def _instant(variable: str, text: str) -> datetime:
    with suppress(ValueError):
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant
    raise ImproperlyConfigured(
        f"{variable} is {text!r}. Write an instant with its offset, like 2026-01-31T09:00:00Z."
    )
