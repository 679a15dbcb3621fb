"""Does the making, checking and revoking of API keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import ApiKey, Customer
from creditops.lib.refusals import NotFound, Refusal

_MARK = "co_"
_SECRET_BYTES = 32
_PREFIX_SIGNS = 9


def create(
    *,
    name: str,
    scopes: Sequence[str],
    by: str,
    at: datetime,
    customer: Customer | None = None,
    expires_at: datetime | None = None,
    assume_utc: bool = False,
) -> tuple[ApiKey, str]:
    """Make a key.

    Args:
        name: unique; it is the `source` of events that name none.
        scopes: what the key may do, of `ApiKey.Scope`.
        by: who makes it.
        customer: bind it to one customer, which is all that it then sees.
        expires_at: its end, exclusive; None for ever.
        assume_utc: times that it sends without an offset are UTC; else they are refused.

    Returns the key's row and the secret, which is shown this once and stored nowhere.
    Raises Refusal `scope_unknown` or `api_key_exists`.
    """
    unknown = sorted(set(scopes) - set(ApiKey.Scope.values))
    if unknown or not scopes:
        raise Refusal(
            "scope_unknown",
            f"Unknown scope {', '.join(unknown) or '(none given)'}. "
            f"Choose from {', '.join(ApiKey.Scope.values)}.",
        )
    secret = _MARK + secrets.token_urlsafe(_SECRET_BYTES)
    try:
        with transaction.atomic():
            key = ApiKey.objects.create(
                name=name,
                prefix=secret[:_PREFIX_SIGNS],
                digest=_digest(secret),
                scopes=list(scopes),
                customer=customer,
                created_at=at,
                created_by=by,
                expires_at=expires_at,
                assume_utc=assume_utc,
            )
    except IntegrityError as error:
        raise Refusal("api_key_exists", f"There is a key named {name!r} already.") from error
    return key, secret


def find(secret: str, at: datetime) -> ApiKey | None:
    """The key whose secret this is, if it is valid at `at`. Looked up by its hash."""
    key = (
        ApiKey.objects.select_related("customer")
        .filter(digest=_digest(secret), revoked_at__isnull=True)
        .first()
    )
    if key is None or (key.expires_at is not None and key.expires_at <= at):
        return None
    return key


def revoke(name: str, *, at: datetime) -> ApiKey:
    """End a key at once. Raises NotFound."""
    key = ApiKey.objects.filter(name=name).first()
    if key is None:
        raise NotFound("API key", name)
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
    return key


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
