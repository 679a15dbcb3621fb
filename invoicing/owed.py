"""Does the posting of what is owed before it is invoiced: installments of a term that has begun (V3).

The contract can't be cancelled and its term has begun, so only time has to pass: the customer owes all
installments, though the later ones are billed later. Until then they are unbilled receivables (JE-35); each
invoice takes its part over (JE-36).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum

from contracts import agreements
from contracts.models import ScheduledCharge
from creditops.lib import calendar
from ledger import books, chart
from ledger.journal import Posting, post
from ledger.models import JournalEntry
from ledger.periods import Months


def owe_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: the right to what contract `subject` is billed for later has become unconditional."""
    contract = agreements.find(subject)
    with transaction.atomic():
        current = books.current(recorded_at)
        today, owed_on = books.date_of(recorded_at, current), books.date_of(due_at, current)
        months = Months([owed_on, today], received_on=today)
        waiting = ScheduledCharge.objects.filter(
            contract=contract, receivable_at__lte=due_at, issue_at__gt=due_at, line__isnull=True
        ).order_by("id")
        for charge in waiting.select_for_update(of=("self",)):
            if not is_owed(charge):
                _post(charge, "JE-35", months.posting_date(owed_on), recorded_at)


def is_owed(charge: ScheduledCharge) -> bool:
    """Whether the charge stands in the journal as an unbilled receivable, or did until its invoice."""
    found: bool = JournalEntry.objects.filter(source=_source(charge, "JE-35")).exists()
    return found


def take_over(charge: ScheduledCharge, *, on: date, at: datetime) -> None:
    """The charge's invoice is posted: what was unbilled is receivable (JE-36)."""
    if is_owed(charge):
        _post(charge, "JE-36", on, at)


def unbilled(last: date, *, known_at: datetime) -> dict[tuple[int, int], int]:
    """What is owed of installments and not invoiced yet at the end of a day, as known at `known_at`:
    (customer, holder) -> minor units of the books' currency. By the charges, not by the journal."""
    current = books.current(known_at)
    end = calendar.local_midnight(last + timedelta(days=1), current.time_zone)
    charges = ScheduledCharge.objects.filter(
        receivable_at__lt=end, receivable_at__lte=known_at, issue_at__gt=F("receivable_at"),
        contract__signed_at__lte=known_at, amount_minor__gt=0,
    ).exclude(line__invoice__issue_date__lte=last, line__invoice__issued_at__lte=known_at)  # fmt: skip
    sums = charges.order_by().values_list("contract__customer_id", "contract__holder_id")
    return {
        (customer, holder): minor
        for customer, holder, minor in sums.annotate(minor=Sum("amount_minor"))
    }


def _post(charge: ScheduledCharge, recipe: str, on: date, at: datetime) -> None:
    sides = ({chart.UNBILLED: charge.amount_minor}, {chart.DEFERRED_CREDITS: charge.amount_minor})
    debit, credit = sides if recipe == "JE-35" else reversed(sides)
    post(
        Posting(
            on=on,
            recipe=recipe,
            memo=f"Installment of {charge.contract}, to be billed {charge.issue_at:%Y-%m-%d}",
            source=_source(charge, recipe),
            customer_id=charge.contract.customer_id,
            holder=charge.contract.holder,
        ),
        debit=debit,
        credit=credit,
        currency=charge.currency,
        at=at,
    )


def _source(charge: ScheduledCharge, recipe: str) -> str:
    return f"charge:{charge.source}:{'owed' if recipe == 'JE-35' else 'billed'}"
