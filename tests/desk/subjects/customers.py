"""What acts on customers are about: Acme, and one in France that has a tax id."""

from __future__ import annotations

from tests import cast
from tests.staff import Book

_OF_CUSTOMER = (
    "let-in", "sign-contract", "free-credits", "sell-credits", "unlock-feature", "charge-licences",
    "new-invoice", "record-exemption", "record-receipt", "start-subscription",
)  # fmt: skip


def of(book: Book) -> dict[str, object]:
    """Acme for all but the check of a tax id."""
    cast.customer("paris", country="FR", tax_id="FR40303265045")
    return {**dict.fromkeys(_OF_CUSTOMER, book.acme.code), "check-tax-id": "paris"}
