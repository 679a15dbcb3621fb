"""Does the catalogue of actions without a price yet: what one costs us, what it is worth (S2: ours alone)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from contracts.models import ActionValue
from contracts.workbench import Action
from creditops.lib import money
from creditops.lib.refusals import NotFound, Refusal
from ledger import books, margins, price_files, units

# What usage cost is measured on so many days.
MEASURED_DAYS = 90


def describe(
    *, name: str, meter: str = "", cost: str = "", worth: str = "", customer_unit: str = "",
    position: str = "",
) -> ActionValue:  # fmt: skip
    """Say what is known of an action; what was said before is replaced.

    Args:
        cost, worth: of one, exact decimal text in the books' currency; empty: not known.

    Raises NotFound for a meter, and Refusal `action_value_unfit`.
    """
    made, _ = ActionValue.objects.update_or_create(
        name=name,
        defaults={
            "meter": units.find_meter(meter) if meter else None,
            "cost": _decimal(cost),
            "worth": _decimal(worth),
            "customer_unit": customer_unit,
            "position": position,
        },
    )
    return made


def forget(name: str) -> None:
    """Take an action off the catalogue. Raises NotFound."""
    if not ActionValue.objects.filter(name=name).delete()[0]:
        raise NotFound("action", name)


def actions(at: datetime) -> list[Action]:
    """The catalogue, each with its cost: as said, else as its meter's usage cost lately."""
    measured = costs_of_meters(at)
    return [
        Action(
            row.name,
            Fraction(row.cost) if row.cost is not None else measured.get(row.meter.code if row.meter else ""),
            Fraction(row.worth) if row.worth is not None else None,
        )
        for row in ActionValue.objects.select_related("meter")
    ]  # fmt: skip


def costs_of_meters(at: datetime) -> Mapping[str, Fraction]:
    """Meter -> what one of its quantity cost us in the last days, where all of it has a price."""
    report = margins.report(at - timedelta(days=MEASURED_DAYS), at, books.current(at))
    if report.currency != price_files.CURRENCY:
        return {}
    costs: dict[str, Fraction] = {}
    counted: dict[str, Fraction] = {}
    for row in report.rows:
        if row.cost is None or row.unpriced or row.archived:
            continue
        quantity = row.counted.get("", Decimal(row.events))
        costs[row.meter] = costs.get(row.meter, Fraction(0)) + Fraction(row.cost)
        counted[row.meter] = counted.get(row.meter, Fraction(0)) + Fraction(quantity)
    return {meter: costs[meter] / counted[meter] for meter in costs if counted[meter]}


def _decimal(text: str) -> Decimal | None:
    if not text:
        return None
    exact = money.decimal(text)
    if exact < 0:
        raise Refusal("action_value_unfit", f"{text} is below zero.", unreadable=True)
    return Decimal(text)
