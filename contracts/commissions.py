"""Does commission: at close, and settled at the end of each contract year on what was consumed (C2 to C7).

Close and consumption are two events (S56). Each event says what is due for its year altogether and what
was before it, for every rep; what changes later (late use, corrections, written-off overage, owners) is
restated by further events, so what was paid is never rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from contracts import (
    commission_figures,
    commission_plans,
    commission_standing,
    contract_costs,
    contract_years,
)
from contracts.commission_figures import Stretch
from contracts.contract_costs import Moment
from contracts.contract_years import Year
from contracts.models import (
    CommissionEvent,
    CommissionPart,
    CommissionPlanVersion,
    Contract,
)
from creditops.lib import calendar, due, money
from ledger import books, chart, exchange, journal
from ledger.journal import Posting
from ledger.models import Term
from ledger.periods import Months

SETTLE, MONTH_END = "contracts.commission_year", "contracts.commission_month"

_Kind = CommissionEvent.Kind


def close(
    contract: Contract, term: Term, *, price_minor: int, at: datetime
) -> CommissionEvent | None:
    """Pay commission for the close of a term (C2): its signature, or its payment where it can be cancelled.

    Args:
        price_minor: what the term commits to, net, discounts taken off.
        at: the instant of the close, by which the plan is chosen and the entry dated.

    Returns the event; None for a contract without commission, and for a term that was closed before.
    """
    version = commission_plans.in_force(contract, at)
    if version is None:
        return None
    with transaction.atomic():
        moment = _moment_of(at, at)
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        if CommissionEvent.objects.filter(contract=contract, term=term, kind=_Kind.CLOSE).exists():
            return None
        rules, rounding = commission_plans.rules(version), books.current(at).rounding
        [year] = [y for y in contract_years.of(contract) if y.term.id == term.id and y.first]
        total = commission_figures.upfront(price_minor, rules, rounding)
        owners = commission_plans.owners_at(contract, at)
        event = _record(
            contract, year, version, _Kind.CLOSE,
            price_minor=price_minor,
            base_minor=commission_figures.upfront_base(price_minor, rules.upfront, rounding),
            total_minor=total,
            by_rep=commission_figures.split(total, [Stretch(owners, 0)]),
            moment=moment,
        )  # fmt: skip
        plan_ends(contract)
        plan_month_end(contract, at)
    return event


def settle(
    contract: Contract, year: Year, *, at: datetime, known_at: datetime
) -> CommissionEvent | None:
    """Settle a contract year that is over: what was consumed decides, the difference to what was paid at
    close is paid or clawed back (C3), dated its last day.

    Args:
        at: the instant of recording.
        known_at: use that was recorded later is left for a restatement.

    Returns the event; None for a year that was settled before, or whose term has no close.
    """
    with transaction.atomic():
        moment = _moment_of(year.ends_at - calendar.TICK, at, known_at=known_at)
        contract = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        before = CommissionEvent.objects.filter(contract=contract)
        if before.filter(year=year.number, kind=_Kind.TRUE_UP).exists():
            return None
        closed = before.filter(term=year.term, kind=_Kind.CLOSE).first()
        if closed is None:
            return None
        event = _settle(contract, year, closed, _Kind.TRUE_UP, moment)
        if year.last and contract.terminated_at is not None:
            for asset in contract_costs.carried(contract):
                contract_costs.impair(asset, moment)
    return event


def restate(contract: Contract, year: Year, moment: Moment) -> CommissionEvent | None:
    """Restate a year that was settled, if use, losses or owners as known now say something else.

    Returns the event; None where nothing has changed.
    """
    with transaction.atomic():
        contract = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        before = CommissionEvent.objects.filter(contract=contract)
        last = before.filter(year=year.number).order_by("no").last()
        closed = before.filter(term=year.term, kind=_Kind.CLOSE).first()
        if last is None or closed is None:
            return None
        found = commission_standing.of(contract, year, moment.known_at)
        now = {rep.rep: rep.final_minor for rep in found.reps if rep.final_minor}
        was = {part.rep: part.total_minor for part in last.parts.all() if part.total_minor}
        if now == was and found.base_minor == last.base_minor:
            return None
        return _settle(contract, year, closed, _Kind.RESTATEMENT, moment)


def plan_ends(contract: Contract) -> None:
    """Plan the settling of every year that the contract has so far; again after a term was cut short."""
    for year in contract_years.of(contract):
        due.plan(
            SETTLE, contract.code, year.ends_at, rank=due.BILLING, group=contract.customer.code
        )


def plan_month_end(contract: Contract, after: datetime) -> None:
    """Plan the first month's end after an instant, in the books' zone."""
    zone = books.current(after).time_zone
    month = calendar.month_start(calendar.local_date(after, zone))
    due.plan(
        MONTH_END,
        contract.code,
        calendar.local_midnight(calendar.add_months(month, 1), zone),
        rank=due.MONTH_END,
        group=contract.customer.code,
    )


def _settle(
    contract: Contract, year: Year, closed: CommissionEvent, kind: str, moment: Moment
) -> CommissionEvent:
    found = commission_standing.of(contract, year, moment.known_at)
    return _record(
        contract, year, closed.version, kind,
        price_minor=closed.price_minor,
        base_minor=found.base_minor,
        total_minor=found.final_minor,
        by_rep={rep.rep: rep.final_minor for rep in found.reps},
        moment=moment,
    )  # fmt: skip


def _moment_of(economic: datetime, at: datetime, *, known_at: datetime | None = None) -> Moment:
    """The moment of an event: posted on its own date, its month being locked and open (T7)."""
    current = books.current(at)
    day = books.date_of(economic, current)
    months = Months([day], received_on=books.date_of(at, current))
    return Moment(
        until=economic + calendar.TICK,
        through=day,
        on=months.posting_date(day),
        known_at=known_at or at,
        at=at,
    )


def _record(
    contract: Contract,
    year: Year,
    version: CommissionPlanVersion,
    kind: str,
    *,
    moment: Moment,
    price_minor: int,
    base_minor: int,
    total_minor: int,
    by_rep: Mapping[str, int],
) -> CommissionEvent:
    """Write an event with its parts, and post it."""
    last = (
        CommissionEvent.objects.filter(contract=contract, year=year.number)
        .prefetch_related("parts")
        .order_by("no")
        .last()
    )
    event: CommissionEvent = CommissionEvent.objects.create(
        contract=contract,
        term=year.term,
        version=version,
        year=year.number,
        no=1 if last is None else last.no + 1,
        kind=kind,
        starts_at=year.starts_at,
        ends_at=year.ends_at,
        price_minor=price_minor,
        base_minor=base_minor,
        total_minor=total_minor,
        before_minor=0 if last is None else last.total_minor,
        currency=contract.currency,
        known_at=moment.known_at,
        posting_date=moment.on,
        recorded_at=moment.at,
    )
    was = {} if last is None else {part.rep: part.total_minor for part in last.parts.all()}
    changes = {rep: by_rep.get(rep, 0) - was.get(rep, 0) for rep in {**was, **by_rep}}
    functional = _functional(changes, contract.currency, moment)
    parts = CommissionPart.objects.bulk_create(
        CommissionPart(
            event=event,
            position=position,
            rep=rep,
            total_minor=by_rep.get(rep, 0),
            before_minor=was.get(rep, 0),
            functional_minor=functional[rep],
        )
        for position, rep in enumerate(changes, start=1)
    )
    _post(event, parts, year, moment)
    return event


def _functional(changes: Mapping[str, int], currency: str, moment: Moment) -> dict[str, int]:
    """What the changes are in the books' currency, at the rate of the event: what is paid and what is
    taken back are translated each as a whole and shared (M5)."""
    found = dict.fromkeys(changes, 0)
    for sign in (1, -1):
        amounts = {rep: sign * change for rep, change in changes.items() if sign * change > 0}
        if amounts:
            whole = exchange.functional(
                sum(amounts.values()), currency, moment.until - calendar.TICK
            )
            found |= dict(zip(amounts, money.allocate(whole, list(amounts.values())), strict=True))
    return found


def _post(event: CommissionEvent, parts: list[CommissionPart], year: Year, moment: Moment) -> None:
    """Post what an event pays and takes back: as an expense, or a change of the term's asset."""
    paid = sum(part.functional_minor for part in parts if part.amount_minor > 0)
    back = sum(part.functional_minor for part in parts if part.amount_minor < 0)
    cost = paid - back
    debit: dict[str, int] = {chart.CLAWBACK: back}
    asset = _asset(event, year)
    recipe = "JE-26" if event.kind == _Kind.CLOSE else "JE-28"
    if asset is None:
        debit[chart.COMMISSION] = cost
    else:
        catch_up = event.kind != _Kind.CLOSE
        changed, expensed = contract_costs.add(
            asset, event.amount_minor, cost, moment, catch_up=catch_up
        )
        debit[chart.CONTRACT_COSTS] = changed - expensed
        debit[chart.AMORTISATION] = expensed
        debit[chart.CURRENCY] = cost - changed  # an asset keeps the rate that it came at
        recipe = "JE-29" if changed < 0 else recipe
    journal.post(
        Posting(
            on=moment.on,
            recipe=recipe,
            memo=f"Commission of {event.contract.code}, year {event.year}, {event.get_kind_display()}",
            source=f"commission:{event.contract.code}:{event.year}:{event.no}",
            customer_id=event.contract.customer_id,
            holder=event.contract.holder,
            prior_period=moment.on.replace(day=1) > moment.through.replace(day=1),
        ),
        debit=debit,
        credit={chart.COMMISSIONS: paid},
        currency=books.current(moment.at).currency,
        at=moment.at,
    )


def _asset(event: CommissionEvent, year: Year) -> Any:
    """The asset that an event changes: at close a new one."""
    if event.kind != _Kind.CLOSE:
        return contract_costs.of_term(event.contract, year.term.id)
    zone = event.contract.time_zone
    return contract_costs.open_asset(event, calendar.local_date(year.term.starts_at, zone))
