"""Does the posting of what is owed before it is invoiced (V3): installments, invoices that are held.

Where a contract can't be cancelled and its term has begun, only time has to pass: the customer owes all
installments, though the later ones are billed later, and owes what waits for finance to let it out or for a
tax rate. Until then it is an unbilled receivable (JE-35); each invoice takes its part over (JE-36). Otherwise
deferred revenue would fall below what customers have used.

In the books' currency only: what is owed in another would have to be valued anew part by part, so it waits
for its invoice.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from contracts import activation, agreements
from contracts.models import Contract, ScheduledCharge
from creditops.lib import calendar, due, sql
from ledger import books, chart
from ledger.journal import Posting, post
from ledger.models import JournalEntry
from ledger.periods import Months


def owe_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: the right to what contract `subject` is billed for later, or should have been billed for
    before, has become unconditional. What is to be billed at this very instant is left to its invoice."""
    _owe(agreements.find(subject), ~Q(issue_at=due_at), due_at, recorded_at)


def owe_held(contract: Contract, due_at: datetime, recorded_at: datetime) -> None:
    """What should have been invoiced by `due_at` waits for somebody: it is owed all the same, now or as soon
    as the right to it is unconditional."""
    _owe(contract, Q(issue_at__lte=due_at), due_at, recorded_at)
    later = _waiting(contract, recorded_at).filter(issue_at__lte=due_at, receivable_at__gt=due_at)
    for instant in later.values_list("receivable_at", flat=True):
        if instant is not None:
            due.plan(
                activation.OWED,
                contract.code,
                instant,
                rank=due.BILLING,
                group=contract.customer.code,
            )


def _owe(contract: Contract, which: Q, due_at: datetime, at: datetime) -> None:
    with transaction.atomic():
        current = books.current(at)
        today = books.date_of(at, current)
        waiting = _waiting(contract, at).filter(which, receivable_at__lte=due_at)
        days = {
            number: books.date_of(instant, current)
            for number, instant in waiting.values_list("pk", "receivable_at")
            if instant is not None
        }
        months = Months([*days.values(), today], received_on=today)
        for charge in waiting.filter(pk__in=days).select_for_update(of=("self",)):
            if not is_owed(charge):
                _post(charge, "JE-35", months.posting_date(days[charge.pk]), at)


def _waiting(contract: Contract, at: datetime) -> QuerySet[ScheduledCharge]:
    """Charges for credits that have no invoice. Overage is an unbilled receivable since its use."""
    found: QuerySet[ScheduledCharge] = ScheduledCharge.objects.filter(
        contract=contract,
        line__isnull=True,
        currency=books.current(at).currency,
        amount_minor__gt=0,
    )
    return found.exclude(kind=ScheduledCharge.Kind.OVERAGE).order_by("id")


def is_owed(charge: ScheduledCharge) -> bool:
    """Whether the charge stands in the journal as an unbilled receivable, or did until its invoice."""
    found: bool = JournalEntry.objects.filter(source=_source(charge, "JE-35")).exists()
    return found


def take_over(charge: ScheduledCharge, *, on: date, at: datetime) -> None:
    """The charge's invoice is posted: what was unbilled is receivable (JE-36)."""
    if is_owed(charge):
        _post(charge, "JE-36", on, at)


def unbilled(last: date, *, known_at: datetime) -> dict[tuple[int, int], int]:
    """What is owed and not invoiced yet at the end of a day, as known at `known_at`: (customer, holder) ->
    minor units of the books' currency. By the charges and their invoices, not by what was posted here."""
    current = books.current(known_at)
    end = calendar.local_midnight(last + timedelta(days=1), current.time_zone)
    rows = sql.rows(
        "invoicing", "owed_unbilled", end=end, last=last, known_at=known_at,
        overage=ScheduledCharge.Kind.OVERAGE,
    )  # fmt: skip
    return {(customer, holder): minor for customer, holder, minor in rows}


def _post(charge: ScheduledCharge, recipe: str, on: date, at: datetime) -> None:
    sides = ({chart.UNBILLED: charge.amount_minor}, {chart.DEFERRED_CREDITS: charge.amount_minor})
    debit, credit = sides if recipe == "JE-35" else reversed(sides)
    post(
        Posting(
            on=on,
            recipe=recipe,
            memo=f"Owed by {charge.contract}, to be billed {charge.issue_at:%Y-%m-%d}",
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
