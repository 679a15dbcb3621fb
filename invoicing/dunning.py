"""Does reminders of invoices that are due: once each, stopped by payment and dispute (I15).

Thirty days after the due date credits that are unpaid may be suspended (`unpaid_credits.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import recipients
from creditops.lib import locks, mail, outbox, printed
from invoicing import disputes, documents, dunning_plan, seller, unpaid_credits
from invoicing.models import Invoice, Reminder

LETTER = "invoicing.reminder_letter"


def remind_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: step `<number>:<step>` of an invoice has come.

    Nothing more comes once nothing is open. While it is disputed, or where the next step has come as
    well (the work is late), nobody is written to.
    """
    number, _, text = subject.rpartition(":")
    step = int(text)
    invoice = Invoice.objects.select_related("customer", "contract").get(number=number)
    with transaction.atomic():
        locks.hold(f"invoice:{number}")
        open_minor = documents.open_minor(invoice)
        if not open_minor:
            return
        quiet = disputes.is_open(invoice) or _is_overtaken(invoice, step, recorded_at)
        to = [] if quiet else recipients.of_invoices(invoice.customer_id)
        _, is_new = Reminder.objects.get_or_create(
            invoice=invoice,
            step=step,
            defaults={"open_minor": open_minor, "sent_to": to, "reminded_at": recorded_at},
        )
        if is_new and to:
            outbox.add(LETTER, subject, {"number": number, "step": step}, at=recorded_at)
        dunning_plan.next_step(invoice, after=due_at)
    if step == dunning_plan.LAST and not disputes.is_open(invoice):
        unpaid_credits.suspend(invoice, at=recorded_at)


def deliver(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Write the reminder, unless it was paid meanwhile."""
    invoice = Invoice.objects.select_related("customer").get(number=payload["number"])
    open_minor = documents.open_minor(invoice)
    if not open_minor:
        return
    step = payload["step"]
    reminder = Reminder.objects.get(invoice=invoice, step=step)
    mail.send(
        "reminder",
        to=reminder.sent_to,
        context={
            "number": invoice.number,
            "coming": step < 0,
            "days": abs(step),
            "last": step == dunning_plan.LAST,
            "open": f"{printed.amount(open_minor, invoice.currency)} {invoice.currency}",
            "total": f"{printed.amount(invoice.total_minor, invoice.currency)} {invoice.currency}",
            "issued": printed.day(invoice.issue_date),
            "due": printed.day(invoice.due_date),
            "customer": invoice.customer.name,
            "seller": invoice.seller["name"],
            "bank_details": seller.profile().bank_details,
            "link": f"{settings.PUBLIC_ADDRESS}/invoices/?customer={invoice.customer.code}",
        },
    )


def _is_overtaken(invoice: Invoice, step: int, at: datetime) -> bool:
    """Whether the step after this one has come by `at`, too."""
    after = [following for following in dunning_plan.STEPS if following > step]
    if not after:
        return False
    return dunning_plan.instant(invoice, after[0], at) <= at
