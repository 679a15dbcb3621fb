"""Answers what customers have on account, and does its way back to them (I14, F1).

Money on account is what arrived and settled nothing yet. It goes back the way it came, with a second
person above what one may do alone (`accounts/second_person.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import BigIntegerField, Func

from accounts import second_person
from accounts.models import Customer
from creditops.lib import approvals, locks, money
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from invoicing import card_refunds, translation
from invoicing.models import PayBack, Receipt
from ledger import books, chart, exchange, open_items
from ledger.journal import Posting, post
from ledger.open_items import Foreign
from ledger.periods import Months

KIND = "money.pay_back"
REASON_MAX = 1_000


class LeftMinor(Func):
    """What of a receipt stands on account, as an expression: `annotate(left=LeftMinor("pk"))`."""

    function = "invoicing_receipt_rest"
    output_field = BigIntegerField()


@dataclass(frozen=True)
class OnAccount:
    """A receipt and what of it stands on account, in minor units of its currency."""

    receipt: Receipt
    left_minor: int


def left_minor(receipt: Receipt) -> int:
    """What of a receipt settled nothing and did not go back, in minor units of its currency."""
    return int(Receipt.objects.values_list(LeftMinor("pk"), flat=True).get(pk=receipt.pk))


def of(customer: Customer | None = None, *, limit: int = 100) -> Sequence[OnAccount]:
    """What stands on account, of one customer or of all, oldest first; one query."""
    rows = Receipt.objects.select_related("customer").annotate(left=LeftMinor("pk"))
    if customer is not None:
        rows = rows.filter(customer=customer)
    found = rows.filter(left__gt=0).order_by("received_at", "pk")[:limit]
    return [OnAccount(receipt, receipt.left) for receipt in found]


def sums(customer: Customer) -> dict[str, int]:
    """Currency -> what a customer has on account in all, in minor units."""
    found: dict[str, int] = {}
    for row in of(customer):
        found[row.receipt.currency] = found.get(row.receipt.currency, 0) + row.left_minor
    return dict(sorted(found.items()))


def pay_back_or_ask(receipt: Receipt, *, by: str, reason: str, at: datetime) -> PayBack | Approval:
    """Pay back what of a receipt stands on account; above what `by` may do alone, ask instead.

    Raises Refusal `nothing_on_account` or `reason_missing`.
    """
    left = _left(receipt, reason)
    if left <= second_person.alone_up_to_minor(by, currency=receipt.currency, at=at):
        return pay_back(receipt, by=by, reason=reason, at=at)
    amount = f"{money.text(left, receipt.currency)} {receipt.currency}"
    return approvals.request(
        kind=KIND,
        subject=receipt.reference,
        summary=f"Pay back {amount} of receipt {receipt.reference} to {receipt.customer.name}.",
        content={
            "receipt": receipt.reference,
            "amount_minor": left,
            "currency": receipt.currency,
            "reason": reason,
        },
        by=by,
        at=at,
    )


def pay_back_approved(approval: Approval, *, at: datetime) -> PayBack:
    """Pay back what was approved, as whoever asked for it.

    Raises Refusal `approval_content_changed` if another amount stands on account by now.
    """
    reference = approval.content["receipt"]
    receipt = Receipt.objects.select_related("customer").filter(reference=reference).first()
    if receipt is None:
        raise NotFound("receipt", reference)
    if left_minor(receipt) != approval.content["amount_minor"]:
        raise Refusal(
            "approval_content_changed",
            f"Another amount of {reference} stands on account than was asked for. Reject this and "
            "ask again.",
        )
    return pay_back(
        receipt, by=approval.requested_by, reason=approval.content["reason"], at=at,
        approval=approval,
    )  # fmt: skip


def pay_back(
    receipt: Receipt, *, by: str, reason: str, at: datetime, approval: Approval | None = None
) -> PayBack:
    """Pay back all that stands on account of a receipt, the way it came.

    Raises as `pay_back_or_ask`. The database refuses what lacks its second person.
    """
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        months = Months([today], received_on=today)
        locks.hold(f"receipt:{receipt.reference}")
        left = _left(receipt, reason)
        number = receipt.pay_backs.count() + 1
        item = open_items.of_receipt(receipt.reference)
        held = -translation.leaving(receipt.currency, item, -left, at)
        cash = exchange.functional(left, receipt.currency, at)
        made: PayBack = PayBack.objects.create(
            receipt=receipt,
            amount_minor=left,
            currency=receipt.currency,
            reference=f"back{number}:{receipt.reference}"[:200],
            reason=reason[:REASON_MAX],
            paid_at=at,
            paid_by=by,
            approval=approval,
        )
        post(
            Posting(
                on=months.posting_date(today),
                recipe="JE-42",
                memo=f"Paid back of receipt {receipt.reference}",
                source=source(made),
                customer_id=receipt.customer_id,
            ),
            debit={chart.REFUNDS: held, chart.CURRENCY: cash - held},
            credit={chart.CASH: cash},
            foreign={
                chart.REFUNDS: Foreign(receipt.currency, left, item),
                chart.CASH: Foreign(receipt.currency, -left),
            },
            currency=books.current(at).currency,
            at=at,
        )
        card_refunds.leave(receipt.reference, made.reference, left, at=at)
    return made


def source(made: PayBack) -> str:
    """What names the entry of a pay-back, in the journal."""
    return f"pay_back:{made.reference}"


def _left(receipt: Receipt, reason: str) -> int:
    """What can go back."""
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands with the payment.")
    left = left_minor(receipt)
    if not left:
        raise Refusal(
            "nothing_on_account", f"Nothing of {receipt.reference} stands on account any more."
        )
    return left
