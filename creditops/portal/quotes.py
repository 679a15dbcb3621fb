"""Answers which quotes a customer got, each with its document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.models import QuoteVersion
from creditops.lib import files
from creditops.lib.models import StoredFile
from creditops.lib.refusals import NotFound
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor

_SHOWN = 12


@dataclass(frozen=True)
class Row:
    """A version that was sent. Credits and price are those of all its years, before tax."""

    name: str
    title: str
    credits: int
    price: Amount
    open_until: date
    status: str
    key: int


def newest(guest: Visitor) -> Sequence[Row]:
    """What was sent to the customer, newest first."""
    sent = QuoteVersion.objects.filter(quote__customer=guest.customer, sent_at__isnull=False)
    return [
        Row(
            name=f"{version.quote.code}-{version.number}",
            title=f"{version.quote.code}, version {version.number}",
            credits=version.credits,
            price=Amount(version.price_minor, version.currency),
            open_until=version.open_until,
            status="open"
            if version.status == version.Status.SENT
            else version.get_status_display(),
            key=version.pk,
        )
        for version in sent.select_related("quote").order_by("-pk")[:_SHOWN]
    ]


def paper(guest: Visitor, key: int) -> tuple[str, StoredFile]:
    """The name and the document of a version that was sent to the customer. Raises NotFound."""
    version = (
        QuoteVersion.objects.select_related("quote")
        .filter(pk=key, quote__customer=guest.customer, sent_at__isnull=False)
        .first()
    )
    stored = files.find(version.document) if version else None
    if version is None or stored is None:
        raise NotFound("quote", key)
    return f"{version.quote.code}-{version.number}", stored
