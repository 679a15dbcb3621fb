"""Does the commission work that is due: contract years are settled, months restated and amortised.

A run that comes late does what it would have done in time: it knows what was known at its own instant.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts import agreements, commissions, contract_costs, contract_years
from contracts.contract_costs import Moment
from contracts.models import CommissionEvent, Contract
from creditops.lib import calendar
from ledger import books
from ledger.periods import Months

# Credits live at most this long, so use of a year is hardly corrected later; a person still can restate.
_RESTATED_MONTHS = 24


def settle_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: a contract year of contract `subject` ends at `due_at`."""
    contract = agreements.find(subject)
    for year in contract_years.of(contract):
        if year.ends_at == due_at:
            commissions.settle(contract, year, at=recorded_at, known_at=due_at)


def month_end_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: a month of the books ends at `due_at`: contract `subject`'s years that were settled are
    restated, its capitalised commission is amortised."""
    contract = agreements.find(subject)
    with transaction.atomic():
        moment = _month(due_at, recorded_at)
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        restate(contract, moment)
        for asset in contract_costs.carried(contract):
            contract_costs.amortise(asset, moment)
    if _goes_on(contract, due_at):
        commissions.plan_month_end(contract, due_at)


def restate(contract: Contract, moment: Moment) -> list[CommissionEvent]:
    """Restate the years of a contract that were settled, where something has changed since."""
    settled = set(
        CommissionEvent.objects.filter(
            contract=contract, kind=CommissionEvent.Kind.TRUE_UP, ends_at__lte=moment.until
        ).values_list("year", flat=True)
    )
    years = [year for year in contract_years.of(contract) if year.number in settled]
    made = [commissions.restate(contract, year, moment) for year in years]
    return [event for event in made if event is not None]


def restate_now(contract: Contract, *, at: datetime) -> list[CommissionEvent]:
    """Restate at once what the next month's end would, dated today. Returns the events."""
    with transaction.atomic():
        current = books.current(at)
        today = books.date_of(at, current)
        Months([today], received_on=today)
        return restate(contract, Moment(until=at, through=today, on=today, known_at=at, at=at))


def _month(due_at: datetime, recorded_at: datetime) -> Moment:
    current = books.current(recorded_at)
    through = calendar.last_day(due_at, current.time_zone)
    months = Months([through], received_on=books.date_of(recorded_at, current))
    return Moment(due_at, through, months.posting_date(through), due_at, recorded_at)


def _goes_on(contract: Contract, at: datetime) -> bool:
    """Whether there may be something to do at the next month's end."""
    if contract_costs.carried(contract):
        return True
    years = contract_years.of(contract)
    if not years:
        return False
    end = calendar.local_date(years[-1].ends_at, contract.time_zone)
    return calendar.add_months(end, _RESTATED_MONTHS) > calendar.local_date(at, contract.time_zone)
