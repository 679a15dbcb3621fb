"""Answers how the commission of contract years stands, as known at an instant (C3 to C7). Reads only.

Many contract years are read in a handful of queries: `load` fetches what belongs to their contracts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from contracts import commission_figures, commission_plans
from contracts.commission_figures import Share, Stretch
from contracts.contract_years import Year
from contracts.models import CommissionEvent, CommissionPlanVersion, Contract, ScheduledCharge
from creditops.lib import money
from creditops.lib.refusals import Refusal
from ledger import books, consumed_value
from ledger.consumed_value import Used, Window

_Kind = CommissionEvent.Kind


@dataclass(frozen=True)
class RepFigures:
    """A rep's part of a contract year, in minor units; `held_back_minor` as of the whole year."""

    rep: str
    upfront_minor: int
    earned_minor: int
    final_minor: int
    held_back_minor: int

    @property
    def true_up_minor(self) -> int:
        """Final less what was paid at close; below zero is clawed back (C4)."""
        return self.final_minor - self.upfront_minor


@dataclass(frozen=True)
class Figures:
    """A contract year's commission as known at an instant, in minor units of the contract's currency.

    Attributes:
        price_minor: what the term commits to.
        upfront_base_minor: the share of it that is paid for at close.
        upfront_minor: paid at close, in this year.
        base_minor: value of paid credits consumed, without overage that was written off.
        earned_minor: what that has earned so far, without floor and limits (C6).
        final_minor: what the year comes to if it ended with this, within the plan's bounds.
        held_back_minor: what is still to be earned if all that is committed is used; nothing once settled.
        reps: the same per rep.
        settled: whether its end was settled.
        stretches: the base before losses, by whose it was.
        lost_minor: overage that was written off.
    """

    year: Year
    version: CommissionPlanVersion
    currency: str
    price_minor: int
    upfront_base_minor: int
    upfront_minor: int
    base_minor: int
    earned_minor: int
    final_minor: int
    held_back_minor: int
    reps: list[RepFigures]
    settled: bool
    stretches: Sequence[Stretch]
    lost_minor: int

    @property
    def true_up_minor(self) -> int:
        """Final less what was paid at close; below zero is clawed back (C3)."""
        return self.final_minor - self.upfront_minor


def load(contracts: QuerySet[Contract]) -> QuerySet[Contract]:
    """These contracts with all that their commission is read from."""
    lost = ScheduledCharge.objects.filter(written_off_minor__gt=0)
    return contracts.select_related("customer", "holder").prefetch_related(
        "commission_plans__version__plan",
        "commission_plans__version__split",
        "assignments__shares",
        Prefetch("commissions", CommissionEvent.objects.select_related("version__plan")),
        "commissions__parts",
        "holder__terms",
        Prefetch("charges", lost, to_attr="lost_charges"),
    )


def pays(contract: Contract, year: Year) -> bool:
    """Whether commission comes of a contract year: its term was closed by a plan, or still will be.

    A term that began before its contract agreed to a plan pays nothing, whatever is used in it.
    """
    if any(e.kind == _Kind.CLOSE and e.term_id == year.term.id for e in contract.commissions.all()):
        return True
    agreed = list(contract.commission_plans.all())
    begun = max(contract.signed_at, year.term.starts_at)
    return contract.cancellable and bool(agreed) and agreed[0].effective_at <= begun


def of(contract: Contract, year: Year, known_at: datetime) -> Figures:
    """A contract year's commission as known at an instant. Raises Refusal `commission_none`."""
    [found] = of_all([(load(Contract.objects.filter(pk=contract.pk)).get(), year)], known_at)
    return found


def of_all(
    years: Sequence[tuple[Contract, Year]], known_at: datetime, *, until: datetime | None = None
) -> list[Figures]:
    """The same of many, of contracts that were loaded; use from `until` on does not count."""
    if not years:
        return []
    owned = [
        commission_plans.owned(
            contract, year.starts_at, year.ends_at if until is None else min(year.ends_at, until)
        )
        for contract, year in years
    ]
    windows = [
        Window(contract.holder, contract.currency, part.first, part.last, known_at)
        for (contract, _), parts in zip(years, owned, strict=True)
        for part in parts
    ]
    used = iter(consumed_value.in_windows(windows))
    rounding = books.current(known_at).rounding
    return [
        _figures(contract, year, [stretch(part.shares, next(used)) for part in parts], known_at, rounding)
        for (contract, year), parts in zip(years, owned, strict=True)
    ]  # fmt: skip


def stretch(shares: Sequence[Share], used: Iterable[Used]) -> Stretch:
    """A stretch of a contract year by what was used in it."""
    found = list(used)
    overage = sum(part.value_minor for part in found if part.block_id is None)
    return Stretch(shares, sum(part.value_minor for part in found), overage)


def _figures(
    contract: Contract, year: Year, stretches: Sequence[Stretch], known_at: datetime, rounding: str
) -> Figures:
    events = list(contract.commissions.all())
    closed = next((e for e in events if e.kind == _Kind.CLOSE and e.term_id == year.term.id), None)
    agreed = commission_plans.in_force(contract, max(known_at, contract.signed_at))
    version = agreed if closed is None else closed.version
    if version is None:
        raise Refusal("commission_none", f"{contract} pays no commission.")
    rules = commission_plans.rules(version)
    price = contract.price_minor if closed is None else closed.price_minor
    lost = _lost(contract, year)
    base = max(0, sum(stretch.value_minor for stretch in stretches) - lost)
    at_close = closed if closed is not None and closed.year == year.number else None
    upfront = 0 if at_close is None else at_close.total_minor
    target = _target(price, year)
    earned = commission_figures.earned(base, target, rules, rounding)
    final = commission_figures.final(base, target, upfront, rules, rounding)
    paid = {} if at_close is None else {p.rep: p.total_minor for p in at_close.parts.all()}
    settled = any(e.kind == _Kind.TRUE_UP and e.year == year.number for e in events)
    held = 0
    if not settled:
        held = commission_figures.held_back(target, upfront, earned, rules, rounding)
    return Figures(
        year=year,
        version=version,
        currency=contract.currency,
        price_minor=price,
        upfront_base_minor=(
            commission_figures.upfront_base(price, rules.upfront, rounding) if year.first else 0
        ),
        upfront_minor=upfront,
        base_minor=base,
        earned_minor=earned,
        final_minor=final,
        held_back_minor=held,
        reps=_reps(paid, stretches, earned, final, held),
        settled=settled,
        stretches=stretches,
        lost_minor=lost,
    )


def _reps(
    paid: dict[str, int], stretches: Sequence[Stretch], earned: int, final: int, held: int
) -> list[RepFigures]:
    earned_by, final_by = (commission_figures.split(total, stretches) for total in (earned, final))
    # What is yet to be used is used in the time of the last owners (C7).
    held_by = commission_figures.split(held, [Stretch(stretches[-1].shares, 0)])
    names: Iterable[str] = {**paid, **final_by, **held_by}
    return [
        RepFigures(
            rep, paid.get(rep, 0), earned_by.get(rep, 0), final_by.get(rep, 0), held_by.get(rep, 0)
        )
        for rep in names
    ]


def _lost(contract: Contract, year: Year) -> int:
    """Overage of the year's term that was written off (C5): it is of the term's last year."""
    if not year.last:
        return 0
    charges: Iterable[ScheduledCharge] = contract.lost_charges  # type: ignore[attr-defined]
    return sum(c.written_off_minor for c in charges if c.term_id == year.term.id)


def _target(price_minor: int, year: Year) -> int:
    """The year's part of what its term commits to, by days: what cap and floor are measured by."""
    days, of_term = year.part_of_term
    return price_minor if days == of_term else money.round_half_up(price_minor * days // of_term)
