"""Does the telling of contracts what of their overage was lost with an invoice: it earns no commission (C5).

A loss is spread over an invoice's lines by what is left of them after credit notes; what is recovered later
lessens it again.
"""

from __future__ import annotations

from fractions import Fraction

from django.db.models import Sum

from contracts.models import ScheduledCharge
from creditops.lib import money
from invoicing import documents
from invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, WriteOff


def tell(invoice: Invoice) -> None:
    """Write down with each overage charge of an invoice what of it is lost, as things stand.

    Inside the transaction of whatever changed that; nothing is lost of an invoice not written off.
    """
    lines = InvoiceLine.objects.filter(
        invoice=invoice, charge__kind=ScheduledCharge.Kind.OVERAGE
    ).select_related("charge")
    if not lines or not WriteOff.objects.filter(invoice=invoice).exists():
        return
    credited = CreditNote.objects.filter(invoice=invoice).aggregate(
        total=Sum("total_minor", default=0)
    )
    left = invoice.total_minor - int(credited["total"])
    lost = Fraction(documents.owed_minor(invoice), left) if left else Fraction(0)
    for line in lines:
        back = CreditNoteLine.objects.filter(line=line).aggregate(
            net=Sum("amount_minor", default=0)
        )
        charge = line.charge
        charge.written_off_minor = money.round_half_up(
            (line.amount_minor - int(back["net"])) * min(lost, Fraction(1))
        )
        charge.save(update_fields=["written_off_minor"])
