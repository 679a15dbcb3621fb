"""What acts on requests, settings and keys are about."""

from __future__ import annotations

from accounts import keys
from creditops.lib import approvals, setting_requests
from tests.staff import NOW, Book


def of(book: Book) -> dict[str, object]:
    """A request that is open, a change of a setting that finance has to agree to, a key."""
    asked = approvals.request(
        kind="overage.lift", subject="C-1/1", summary="More, please.",
        content={"contract": "C-1", "term": 1}, by="usage", at=NOW,
    )  # fmt: skip
    change = setting_requests.ask(
        "books", {"draw_order": "EXPIRY_FIRST"}, effective_at=None, by="sam", at=NOW
    ).waiting[0]
    keys.create(name="warehouse", scopes=["usage:read"], by="Ines", at=NOW)
    return {
        "decide": asked.pk,
        "agree": change.pk,
        "change-setting": "books/overage_pct",
        "revoke-key": "warehouse",
    }
