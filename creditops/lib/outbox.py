"""Does what leaves the house: mails, documents, webhooks and charges, first written as rows.

A row is added in the transaction of the fact that causes it, so nothing is announced that did not
happen and nothing that happened goes unannounced. The relay delivers at least once; a worker that
dies leaves its row to the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from creditops.lib import binary
from creditops.lib.models import OutboxMessage

# A message that keeps failing is tried after 1, 2, 4 ... minutes, and at most daily.
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(days=1)

Handler = Callable[[str, dict[str, Any], datetime], None]

_handlers: dict[str, Handler] = {}


def handle(kind: str, handler: Handler) -> None:
    """Say at start which function delivers messages of `kind`: (key, payload, at)."""
    _handlers[kind] = handler


def add(kind: str, key: str, payload: dict[str, Any], *, at: datetime) -> None:
    """Leave a message in the outbox; the same (kind, key) a second time changes nothing."""
    add_all(kind, {key: payload}, at=at)


def add_all(kind: str, payloads: Mapping[str, dict[str, Any]], *, at: datetime) -> None:
    """The same for many messages of one kind, by their keys; one statement, or none."""
    if payloads:
        binary.run(
            "creditops.lib",
            "add_messages",
            kind=kind,
            keys=binary.texts([key.encode() for key in payloads]),
            payloads=binary.texts([json.dumps(payload).encode() for payload in payloads.values()]),
            at=at,
        )


def relay(at: datetime, *, limit: int = 1_000) -> tuple[int, int]:
    """Deliver what waits, at most `limit` messages. Returns (delivered, failed)."""
    delivered = failed = 0
    while delivered + failed < limit:
        outcome = _deliver_next(at)
        if outcome is None:
            break
        if outcome:
            delivered += 1
        else:
            failed += 1
    return delivered, failed


def _deliver_next(at: datetime) -> bool | None:
    """Deliver one waiting message under its row lock; None when nothing waits."""
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(Q(done_at__isnull=True), not_before__lte=at, kind__in=_handlers)
            .order_by("not_before", "id")
            .first()
        )
        if message is None:
            return None
        message.attempts += 1
        try:
            with transaction.atomic():
                _handlers[message.kind](message.key, message.payload, at)
        except Exception as error:  # whatever fails, the message waits and others go on
            message.error = f"{type(error).__name__}: {error}"
            message.not_before = at + _pause(message.attempts)
        else:
            message.done_at = at
            message.error = ""
        message.save(update_fields=["attempts", "done_at", "error", "not_before"])
        return message.done_at is not None


def _pause(attempts: int) -> timedelta:
    doublings: int = 2 ** min(attempts - 1, 20)
    return min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)
