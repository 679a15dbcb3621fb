"""Does the cost of obtaining contracts: commission is capitalised, expensed over time, written down (C8, C9).

A term's commission is one asset. Its amortisation is cumulative: what is expensed by a day is computed
from the whole cost, and posted is the difference to what was before (M6). So a cost that changes catches
up at once, and a run that comes late books the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from contracts import activation, commission_figures
from contracts.models import (
    CommissionEvent,
    CommissionPlanVersion,
    Contract,
    ContractCost,
    ContractCostStep,
)
from creditops.lib import calendar, money
from ledger import books, chart, consumed_value, journal
from ledger.consumed_value import Window
from ledger.journal import Posting
from ledger.models import Block, BlockState, CostLayer, Move

_Kind = ContractCostStep.Kind
_EVER = datetime(1971, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """The end of what is looked at.

    Attributes:
        until: the instant, exclusive: use before it counts.
        through: the last day, of the books.
        on: the posting date.
        known_at: what was recorded later is not known.
        at: the instant of recording.
    """

    until: datetime
    through: date
    on: date
    known_at: datetime
    at: datetime


@dataclass(frozen=True)
class Standing:
    """Capitalised commission: its cost and what of it is expensed, in minor units of its currency."""

    cost_minor: int
    amortised_minor: int

    @property
    def carrying_minor(self) -> int:
        """What is still an asset."""
        return self.cost_minor - self.amortised_minor


def as_of(contract: Contract, day: date | None) -> Standing:
    """How the contract's costs stood at the end of a day, by posting dates; None: now."""
    cost = amortised = 0
    for asset in ContractCost.objects.filter(contract=contract).prefetch_related("steps"):
        before = (0, 0)
        for step in asset.steps.all():
            after = (step.cost_minor, step.amortised_minor)
            if day is None or step.posting_date <= day:
                cost += after[0] - before[0]
                amortised += after[1] - before[1]
            before = after
    return Standing(cost, amortised)


def open_asset(close: CommissionEvent, starts_on: date) -> ContractCost | None:
    """The asset of a close whose plan capitalises; None where it is expensed."""
    version = close.version
    if version.cost == CommissionPlanVersion.Cost.EXPENSE:
        return None
    made: ContractCost = ContractCost.objects.create(
        close=close,
        contract=close.contract,
        policy=version.cost,
        months=version.months,
        starts_on=starts_on,
        currency=close.currency,
    )
    return made


def of_term(contract: Contract, term_id: int) -> ContractCost | None:
    """The asset of a term, if its commission was capitalised."""
    found: ContractCost | None = ContractCost.objects.filter(
        contract=contract, close__term_id=term_id
    ).first()
    return found


def add(
    asset: ContractCost, minor: int, functional_minor: int, moment: Moment, *, catch_up: bool
) -> tuple[int, int]:
    """Change what an asset cost, below zero: take back; with `catch_up` what is expensed follows at once.

    Returns what its cost and what is expensed of it changed by, in the books' currency; the caller posts.
    """
    last = _last(asset)
    if minor < 0:  # what is taken back leaves at the rate that it came at
        functional_minor = -money.released(
            last.cost_functional_minor, last.cost_minor, -minor, books.current(moment.at).rounding
        )
    cost, cost_functional = last.cost_minor + minor, last.cost_functional_minor + functional_minor
    amortised = last.amortised_minor, last.amortised_functional_minor
    if catch_up:
        amortised = _expensed(asset, last, (cost, cost_functional), moment)
    _write(asset, last, _kept(last), (cost, cost_functional), amortised, moment)
    return functional_minor, amortised[1] - last.amortised_functional_minor


def amortise(asset: ContractCost, moment: Moment) -> None:
    """Expense an asset up to a day (JE-27); what nothing is left to earn is written down (JE-30)."""
    last = _last(asset)
    if asset.policy == commission_figures.STRAIGHT_LINE and moment.through < last.through:
        return
    costs = last.cost_minor, last.cost_functional_minor
    amortised = _expensed(asset, last, costs, moment)
    _expense(asset, last, _kept(last), amortised, moment)
    if _is_over(asset, calendar.month_start(moment.through), moment):
        impair(asset, moment)


def impair(asset: ContractCost, moment: Moment) -> None:
    """Write down what is left of an asset: nothing will earn it any more (JE-30)."""
    last = _last(asset)
    costs = last.cost_minor, last.cost_functional_minor
    _expense(asset, last, _Kind.IMPAIRED, costs, moment)


def carried(contract: Contract) -> list[ContractCost]:
    """The contract's assets of which something is left, oldest first."""
    found = ContractCost.objects.filter(contract=contract).prefetch_related("steps")
    return [asset for asset in found if (s := list(asset.steps.all())) and _rest(s[-1])]


def _expense(
    asset: ContractCost,
    last: ContractCostStep,
    kind: str,
    amortised: tuple[int, int],
    moment: Moment,
) -> None:
    more = amortised[1] - last.amortised_functional_minor
    if (last.amortised_minor, last.amortised_functional_minor) == amortised:
        return
    step = _write(
        asset, last, kind, (last.cost_minor, last.cost_functional_minor), amortised, moment
    )
    impaired = kind == _Kind.IMPAIRED
    journal.post(
        Posting(
            on=moment.on,
            recipe="JE-30" if impaired else "JE-27",
            memo=f"{'Impairment' if impaired else 'Amortisation'} of the cost of obtaining "
            f"{asset.contract.code}, through {moment.through}",
            source=f"contract-cost:{asset.pk}:{step.no}",
            customer_id=asset.contract.customer_id,
            holder=asset.contract.holder,
            prior_period=moment.on.replace(day=1) > moment.through.replace(day=1),
        ),
        debit={chart.AMORTISATION: more},
        credit={chart.CONTRACT_COSTS: more},
        currency=books.current(moment.at).currency,
        at=moment.at,
    )


def _expensed(
    asset: ContractCost, last: ContractCostStep, costs: tuple[int, int], moment: Moment
) -> tuple[int, int]:
    """What of these costs, in the asset's currency and in the books', is expensed at the moment."""
    rounding = books.current(moment.at).rounding
    if last.kind == _Kind.IMPAIRED:
        return costs
    if asset.policy == commission_figures.STRAIGHT_LINE:
        passed = calendar.months_between(asset.starts_on, moment.through + timedelta(days=1))
        months = asset.months or 1
        first, second = (
            commission_figures.straight_line(cost, months, passed, rounding) for cost in costs
        )
        return first, second
    price, consumed = _consumed(asset, moment, rounding)
    first, second = (
        commission_figures.by_consumption(cost, price, consumed, rounding) for cost in costs
    )
    return first, second


def _consumed(asset: ContractCost, moment: Moment, rounding: str) -> tuple[int, int]:
    """The price of the term's commitment without what was taken back, and what of it was consumed."""
    blocks = {block.id for block in _blocks(asset)}
    [used] = consumed_value.in_windows(
        [Window(asset.contract.holder, asset.currency, _EVER, moment.until, moment.known_at)]
    )
    consumed = sum(part.value_minor for part in used if part.block_id in blocks)
    taken_back = _taken_back(asset, blocks, moment, rounding)
    return asset.close.price_minor - taken_back, consumed


def _taken_back(asset: ContractCost, blocks: set[int], moment: Moment, rounding: str) -> int:
    moves = Move.objects.filter(
        customer_id=asset.contract.customer_id,
        block_id__in=blocks,
        type__in=(Move.Type.REVOKE, Move.Type.REVOKE_REVERSAL),
        effective_at__lt=moment.until,
        recorded_at__lte=moment.known_at,
    )
    layers = CostLayer.objects.in_bulk({move.layer_id for move in moves})
    found = 0
    for move in moves:
        layer = layers[move.layer_id]
        after, before = (
            money.released(layer.cost_minor, layer.quantity, r, rounding)
            for r in (move.r0 + move.credits, move.r0)
        )
        found += after - before
    return found


def _blocks(asset: ContractCost) -> Sequence[Block]:
    contract, term = asset.contract, asset.close.term
    sources = [activation.block_source(contract, term, what) for what in ("commitment", "bonus")]
    return list(Block.objects.filter(customer_id=contract.customer_id, source__in=sources))


def _is_over(asset: ContractCost, month: date, moment: Moment) -> bool:
    """Whether nothing was left to earn the asset when the month began: its contract had ended, and its
    grace; or, of one that follows consumption, its credits."""
    contract = asset.contract
    began = calendar.local_midnight(month, books.current(moment.at).time_zone)
    alive = BlockState.objects.filter(customer_id=contract.customer_id, open=True).filter(
        Q(until=None) | Q(until__gt=began)
    )
    if asset.policy == commission_figures.CONSUMPTION:
        blocks = [block.id for block in _blocks(asset)]
        return bool(blocks) and not alive.filter(block_id__in=blocks).exists()
    ended = contract.status == Contract.Status.ENDED
    last = contract.holder.terms.filter(customer_id=contract.customer_id).last()
    return (
        ended
        and last is not None
        and last.ends_at <= began
        and not alive.filter(pool__holder=contract.holder).exists()
    )


def _last(asset: ContractCost) -> ContractCostStep:
    """The newest step; before the first one, one of nothing."""
    found: ContractCostStep | None = asset.steps.order_by("no").last()
    return found or ContractCostStep(
        no=0, kind=_Kind.CAPITALISED, through=date.min, cost_minor=0, amortised_minor=0,
        cost_functional_minor=0, amortised_functional_minor=0,
    )  # fmt: skip


def _kept(last: ContractCostStep) -> str:
    """The kind of a step that changes an asset: what is written down stays so."""
    if last.kind == _Kind.IMPAIRED:
        return _Kind.IMPAIRED
    return _Kind.AMORTISED if last.no else _Kind.CAPITALISED


def _rest(step: ContractCostStep) -> int:
    return step.cost_minor - step.amortised_minor


def _write(
    asset: ContractCost,
    last: ContractCostStep,
    kind: str,
    costs: tuple[int, int],
    amortised: tuple[int, int],
    moment: Moment,
) -> ContractCostStep:
    made: ContractCostStep = ContractCostStep.objects.create(
        asset=asset,
        no=last.no + 1,
        kind=kind,
        through=max(moment.through, last.through),
        posting_date=moment.on,
        cost_minor=costs[0],
        amortised_minor=amortised[0],
        cost_functional_minor=costs[1],
        amortised_functional_minor=amortised[1],
        recorded_at=moment.at,
    )
    return made
