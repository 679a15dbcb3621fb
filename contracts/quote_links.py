"""Does the addresses by which customers read quotes: a secret, shown once, kept as its hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from contracts.models import QuoteLink, QuoteVersion
from creditops.lib import mail, printed
from creditops.lib.refusals import NotFound, Refusal

# 256 bits; written in 43 signs of an address.
_SECRET_BYTES = 32
_SECRET_LENGTH_MAX = 100


def make(version: QuoteVersion, *, by: str, at: datetime) -> str:
    """Make another secret for a version that was sent; those before stay good.

    Returns it: nobody can read it again. Raises Refusal `quote_not_sent`.
    """
    if version.sent_at is None:
        raise Refusal("quote_not_sent", f"{version} is not sent yet. Send it first.")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    QuoteLink.objects.create(version=version, digest=_digest(secret), made_at=at, made_by=by)
    return secret


def follow(secret: str) -> QuoteVersion:
    """The version that a secret leads to. Raises NotFound."""
    found = (
        QuoteLink.objects.select_related("version__quote__customer", "version__quote__renews")
        .filter(digest=_digest(secret[:_SECRET_LENGTH_MAX]))
        .first()
    )
    if found is None:
        raise NotFound("quote", "behind this link")
    version: QuoteVersion = found.version
    return version


def deliver(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Deliver the letter with the link from the outbox; the secret is born with it."""
    version = QuoteVersion.objects.select_related("quote__customer").get(pk=payload["version"])
    secret = make(version, by=version.sent_by, at=at)
    mail.send(
        "quote",
        to=[version.terms["recipient_email"]],
        context={
            "quote": version.quote.code,
            "name": version.terms["recipient_name"],
            "customer": version.quote.customer.name,
            "credits": printed.credits(version.credits),
            "open_until": printed.day(version.open_until),
            "message": version.terms["message"],
            "address": f"{payload['site'].rstrip('/')}/q/{secret}/",
        },
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
