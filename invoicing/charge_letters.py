"""Does the letters about charges of cards: the bank asks the holder, or the card was declined (F6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts import recipients
from creditops.lib import mail, printed
from invoicing import charges, seller
from invoicing.models import CardCharge


def deliver(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Tell the customer's finance people what to do; nothing if it is decided otherwise by now."""
    charge = charges.find(payload["reference"])
    if charge.state not in (CardCharge.State.CONFIRM, CardCharge.State.DECLINED):
        return
    mail.send(
        "charge",
        to=recipients.of_invoices(charge.customer_id),
        context={
            "confirm": charge.state == CardCharge.State.CONFIRM,
            "what": charge.what,
            "amount": f"{printed.amount(charge.amount_minor, charge.currency)} {charge.currency}",
            "said": charge.said,
            "seller": seller.profile().name,
            "customer": charge.customer.name,
            "link": f"{settings.PUBLIC_ADDRESS}/card/?customer={charge.customer.code}",
        },
    )
