"""Does an effect once per key: the record, the effect and its outbox rows share one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from creditops.lib import locks
from creditops.lib.models import IdempotencyRecord
from creditops.lib.refusals import Refusal


@dataclass(frozen=True)
class Answer:
    """What was answered: the HTTP status, the body as JSON text, and whether it is a replay."""

    status: int
    body: str
    replayed: bool = False


def once(
    *,
    owner: str,
    key: str,
    request: Any,
    at: datetime,
    effect: Callable[[], tuple[int, str]],
) -> Answer:
    """Do `effect` once for (`owner`, `key`); a repetition gets the first answer again.

    Args:
        owner: the owner of the API key that asks.
        key: the client's Idempotency-Key.
        request: method, path and body, as JSON; spaces and the order of keys don't matter.
        at: the instant of the request.
        effect: does the work and returns (status, body as JSON text); raises to answer nothing.

    Two at once wait for each other on the key. Raises Refusal `idempotency_conflict` when the key
    was used for another request.
    """
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        locks.hold(f"idempotency:{owner}:{key}")
        given = IdempotencyRecord.objects.filter(owner=owner, key=key).first()
        if given is not None:
            if given.request_hash != digest:
                raise Refusal(
                    "idempotency_conflict",
                    f"The Idempotency-Key {key!r} was used for another request. "
                    "Use a new key for a new request.",
                )
            return Answer(given.status, given.body, replayed=True)
        status, body = effect()
        IdempotencyRecord.objects.create(
            owner=owner, key=key, request_hash=digest, status=status, body=body, recorded_at=at
        )
        return Answer(status, body)
