"""Answers with the bytes of documents, and keeps them: written once, with their hash."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import IntegrityError, transaction

from creditops.lib.models import StoredFile


def keep(name: str, content: bytes, *, content_type: str, at: datetime) -> StoredFile:
    """Store `content` under `name`; a second time returns what was stored first."""
    try:
        with transaction.atomic():
            return StoredFile.objects.create(
                name=name,
                content_type=content_type,
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                recorded_at=at,
            )
    except IntegrityError:
        first = find(name)
        if first is None:
            raise
        return first


def find(name: str) -> StoredFile | None:
    """The document stored under `name`, if there is one."""
    return StoredFile.objects.filter(name=name).first()
