"""What acts on granted credits are about: a daily grant, a block of it, a paid block, a cohort, a hold."""

from __future__ import annotations

from datetime import timedelta

from contracts import free_credits
from ledger import holds
from ledger.models import Block, DailyGrant
from tests import cast
from tests.staff import NOW, Book


def of(book: Book) -> dict[str, object]:
    """All under C-1."""
    held = holds.place(
        cast.usage("job", 5, contract="C-1"), code="job", lasts=timedelta(hours=1), by="Ada", at=NOW
    )
    daily = free_credits.give_daily(
        book.contract.holder, credits=5, source="daily", by="Sam", reason="test", at=NOW
    )
    rule = DailyGrant.objects.get(pool_id=daily.pool_id)
    paid = Block.objects.earliest("id")
    return {
        "release-hold": holds.uid(held),
        "end-daily": f"{rule.customer_id}-{rule.pk}",
        "take-back-credits": f"{daily.customer_id}-{daily.pk}",
        "estimate-breakage": f"{paid.customer_id}-{paid.pk}",
        "estimate-cohort": "standard:12:2026",
    }
