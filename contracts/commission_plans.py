"""Does commission plans: versions are published and never change; contracts agree to one, and have owners.

A version that a contract agreed to pays its closes until the contract agrees to another. Owners change
from an instant on; what was consumed before stays with those who had the contract then (C7).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction

from contracts.commission_figures import Rules, Share
from contracts.models import (
    Assignment,
    AssignmentShare,
    CommissionPlan,
    CommissionPlanVersion,
    CommissionSplit,
    Contract,
    ContractPlan,
)
from creditops.lib import locks, policies
from creditops.lib.refusals import NotFound, Refusal

_USUAL_FROM, _USUAL_TO = 50, 80
_ALL = Decimal(100)


@dataclass(frozen=True)
class Wanted:
    """What a version is to say (C1); percentages as exact decimals.

    Attributes:
        rate_pct: of what is sold and used.
        upfront_pct: paid for at close; outside of 50 to 80 only with `override_reason`; None: as the
            setting `upfront_commission_pct` says.
        split: over reps, where a contract says nothing else; none: whoever signs has all.
        cost: EXPENSE, STRAIGHT_LINE (over `months`) or CONSUMPTION; None: as `contract_cost` says.
        years: whether a long term is settled every twelve months, or at its end.
        clawback_limit_pct, cap_pct, floor_pct: bounds; None: none.
    """

    rate_pct: Decimal
    upfront_pct: Decimal | None = None
    split: Sequence[Share] = ()
    cost: str | None = None
    months: int | None = None
    years: str = CommissionPlanVersion.Years.TWELVE_MONTHS
    clawback_limit_pct: Decimal | None = None
    cap_pct: Decimal | None = None
    floor_pct: Decimal | None = None
    override_reason: str = ""


@dataclass(frozen=True)
class Owned:
    """A stretch of time in which a contract belonged to the same reps."""

    first: datetime
    last: datetime
    shares: Sequence[Share] = field(default_factory=tuple)


def publish(
    code: str, wanted: Wanted, *, by: str, at: datetime, name: str = ""
) -> CommissionPlanVersion:
    """Publish the next version of a plan; the first one makes the plan.

    Raises Refusal `commission_upfront_unusual`, `commission_rate_unfit`, `commission_bounds_unfit`,
    `commission_months_missing`, `split_unfit`.
    """
    wanted = _with_defaults(wanted, at)
    _check(wanted)
    with transaction.atomic():
        locks.hold(f"commission plan:{code}")
        plan, _ = CommissionPlan.objects.get_or_create(code=code, defaults={"name": name or code})
        newest = plan.versions.first()
        made = CommissionPlanVersion.objects.create(
            plan=plan,
            version=1 if newest is None else newest.version + 1,
            rate_pct=wanted.rate_pct,
            upfront_pct=wanted.upfront_pct or Decimal(0),
            years=wanted.years,
            cost=wanted.cost or CommissionPlanVersion.Cost.EXPENSE,
            months=wanted.months
            if wanted.cost == CommissionPlanVersion.Cost.STRAIGHT_LINE
            else None,
            clawback_limit_pct=wanted.clawback_limit_pct,
            cap_pct=wanted.cap_pct,
            floor_pct=wanted.floor_pct,
            override_reason=wanted.override_reason,
            published_at=at,
            published_by=by,
        )
        CommissionSplit.objects.bulk_create(
            CommissionSplit(version=made, position=position, rep=share.rep, pct=share.pct)
            for position, share in enumerate(wanted.split, start=1)
        )
    return made


def find(code: str) -> CommissionPlanVersion:
    """The newest version of the plan known as `code`. Raises NotFound."""
    found = (
        CommissionPlanVersion.objects.filter(plan__code=code)
        .select_related("plan")
        .order_by("-version")
        .first()
    )
    if found is None:
        raise NotFound("commission plan", code)
    version: CommissionPlanVersion = found
    return version


def rules(said: CommissionPlanVersion | Wanted) -> Rules:
    """The percentages of a version, or of one to be, exact."""
    return Rules(
        rate=Fraction(said.rate_pct),
        upfront=Fraction(said.upfront_pct or 0),
        clawback_limit=_exact(said.clawback_limit_pct),
        cap=_exact(said.cap_pct),
        floor=_exact(said.floor_pct),
    )


def agree(
    contract: Contract,
    version: CommissionPlanVersion,
    *,
    split: Sequence[Share] = (),
    by: str,
    at: datetime,
) -> ContractPlan:
    """Let a version pay the contract's closes from `at` on; the first time, say whose contract it is.

    Args:
        split: whose; none: as the plan says, else all of it `by`'s.

    Raises Refusal `split_unfit`.
    """
    with transaction.atomic():
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        last = contract.commission_plans.last()
        made: ContractPlan = ContractPlan.objects.create(
            contract=contract,
            no=1 if last is None else last.no + 1,
            version=version,
            effective_at=at,
            recorded_at=at,
            agreed_by=by,
        )
        if split or not contract.assignments.exists():
            shares = split or _split_of(version) or (Share(by, _ALL),)
            _assign(contract, shares, effective_at=at, by=by, reason="", at=at)
    return made


def in_force(contract: Contract, at: datetime) -> CommissionPlanVersion | None:
    """The version that pays a close at `at`; None for a contract without commission."""
    acting = [row for row in contract.commission_plans.all() if row.effective_at <= at]
    return acting[-1].version if acting else None


def reassign(
    contract: Contract,
    shares: Sequence[Share],
    *,
    effective_at: datetime,
    by: str,
    reason: str,
    at: datetime,
) -> Assignment:
    """Give a contract to other reps, or in other shares, from an instant on, which may be past (C7).

    What was settled already is restated at the next month's end. Raises Refusal `split_unfit`,
    `reason_missing`, `commission_none` for a contract that pays none.
    """
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands with the change.")
    with transaction.atomic():
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        if not contract.commission_plans.exists():
            raise Refusal("commission_none", f"{contract} pays no commission.")
        return _assign(
            contract, shares, effective_at=effective_at, by=by, reason=reason, at=at
        )  # fmt: skip


def owned(
    contract: Contract, first: datetime, last: datetime, *, known_at: datetime | None = None
) -> list[Owned]:
    """Whose the contract was in `[first, last)`, stretch by stretch in order of time; one stretch of nothing
    where `last` is not after `first`.

    Before its first assignment it belongs to whom that names. What was assigned after `known_at` is left
    out; None: nothing is.
    """
    rows = [
        row for row in contract.assignments.all() if known_at is None or row.recorded_at <= known_at
    ]
    if last <= first:
        return [Owned(first, first, _shares_at(rows, first))]
    bounds = sorted({first, last, *(r.effective_at for r in rows if first < r.effective_at < last)})
    stretches: list[Owned] = []
    for start, end in itertools.pairwise(bounds):
        shares = _shares_at(rows, start)
        if stretches and stretches[-1].shares == shares:
            stretches[-1] = Owned(stretches[-1].first, end, shares)
        else:
            stretches.append(Owned(start, end, shares))
    return stretches


def owners_at(contract: Contract, at: datetime) -> list[Share]:
    """Whose the contract is at `at`, in shares."""
    return _shares_at(list(contract.assignments.all()), at)


def check_split(shares: Sequence[Share]) -> None:
    """Refuse shares that don't add up, name somebody twice or give nothing. Raises `split_unfit`."""
    if sum(share.pct for share in shares) != _ALL:
        raise Refusal("split_unfit", "The shares of the reps have to add up to 100 %.")
    names = [share.rep for share in shares]
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        raise Refusal("split_unfit", "Name each rep once.")
    if any(share.pct <= 0 for share in shares):
        raise Refusal("split_unfit", "Leave out who gets nothing: every share is above zero.")


def _with_defaults(wanted: Wanted, at: datetime) -> Wanted:
    """What is left open, by the settings of the books."""
    settings = policies.in_force([], at)
    usual = Decimal(str(settings["upfront_commission_pct"]))
    return replace(
        wanted,
        upfront_pct=usual if wanted.upfront_pct is None else wanted.upfront_pct,
        cost=wanted.cost or settings["contract_cost"],
    )


def _check(wanted: Wanted) -> None:
    upfront = wanted.upfront_pct or Decimal(0)
    if not 0 < wanted.rate_pct <= _ALL:
        raise Refusal("commission_rate_unfit", "The rate is above 0 and at most 100 %.")
    if not 0 <= upfront <= _ALL:
        raise Refusal("commission_rate_unfit", "The share paid at close is between 0 and 100 %.")
    usual = _USUAL_FROM <= upfront <= _USUAL_TO
    if not usual and not wanted.override_reason.strip():
        raise Refusal(
            "commission_upfront_unusual",
            f"{upfront.normalize():f} % at close is outside of {_USUAL_FROM} to "
            f"{_USUAL_TO} %. Choose another share, or say why this one.",
        )
    if wanted.cost == CommissionPlanVersion.Cost.STRAIGHT_LINE and not wanted.months:
        raise Refusal("commission_months_missing", "Say over how many months it is expensed.")
    _check_bounds(
        {"clawback limit": wanted.clawback_limit_pct, "floor": wanted.floor_pct}, most=_ALL
    )
    _check_bounds({"cap": wanted.cap_pct}, most=Decimal(100_000))
    if wanted.cap_pct is not None and (wanted.floor_pct or 0) > wanted.cap_pct:
        raise Refusal("commission_bounds_unfit", "The floor can't be above the cap.")
    if wanted.split:
        check_split(wanted.split)


def _check_bounds(bounds: Mapping[str, Decimal | None], *, most: Decimal) -> None:
    for name, pct in bounds.items():
        if pct is not None and not 0 <= pct <= most:
            raise Refusal("commission_bounds_unfit", f"The {name} is between 0 and {most:,} %.")


def _assign(
    contract: Contract,
    shares: Sequence[Share],
    *,
    effective_at: datetime,
    by: str,
    reason: str,
    at: datetime,
) -> Assignment:
    check_split(shares)
    last = contract.assignments.last()
    made: Assignment = Assignment.objects.create(
        contract=contract,
        no=1 if last is None else last.no + 1,
        effective_at=effective_at,
        recorded_at=at,
        assigned_by=by,
        reason=reason,
    )
    AssignmentShare.objects.bulk_create(
        AssignmentShare(assignment=made, position=position, rep=share.rep, pct=share.pct)
        for position, share in enumerate(shares, start=1)
    )
    return made


def _split_of(version: CommissionPlanVersion) -> tuple[Share, ...]:
    return tuple(Share(row.rep, row.pct) for row in version.split.all())


def _shares_at(rows: Sequence[Assignment], at: datetime) -> list[Share]:
    """By the newest assignment that acts at `at`; before all of them by the first in time."""
    if not rows:
        return []
    acting = [row for row in rows if row.effective_at <= at]
    row = max(acting, key=lambda r: r.no) if acting else min(rows, key=lambda r: r.effective_at)
    return [Share(share.rep, share.pct) for share in row.shares.all()]


def _exact(pct: Decimal | None) -> Fraction | None:
    return None if pct is None else Fraction(pct)
