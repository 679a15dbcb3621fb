"""What acts on contracts are about: the book's own, and a right to buy more."""

from __future__ import annotations

from fractions import Fraction

from creditops.lib import policies
from invoicing import options
from ledger import holders
from tests import cast
from tests.staff import NOW, Book, at

_OF_CONTRACT = (
    "cancel-contract", "terminate-contract", "sign-renewal", "propose-renewal", "quote-renewal",
    "lift-cap", "record-choice", "add-to-contract", "give-back",
)  # fmt: skip


def of(book: Book) -> dict[str, object]:
    """C-1 runs and is billed, `half` can be used until the year ends."""
    _sell_right(book)
    return {**dict.fromkeys(_OF_CONTRACT, book.contract.code), "use-option": "half"}


def _sell_right(book: Book) -> None:
    """Acme may buy 1,000 credits for half of what they cost on their own."""
    policies.change(
        policies.BOOKS, {"ssp_per_credit": "0.01"}, effective_at=NOW, recorded_at=NOW,
        by="Fiona", approved_by="Fiona",
    )  # fmt: skip
    right = options.Offered(
        "half", 1_000, 1_000, Fraction(50), Fraction(0), Fraction(100), at("2026-12-31")
    )
    holder = holders.pay_as_you_go(book.acme, NOW)
    cast.buy(holder, when=NOW, source="with a right", option=right)
