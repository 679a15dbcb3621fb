"""Does the catalogue of providers' costs, and says by which of them a meter's usage is read.

Prices are versioned by when they hold from. An import writes what is new or has changed, from one instant
on, and nothing that lies before what is known; the same file again writes nothing. A price that a later
file leaves out stays as it is: files forget models that still serve old contracts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Min

from creditops.lib import locks
from creditops.lib.refusals import NotFound, Refusal
from ledger import price_files
from ledger.models import Meter, MeterCost, ModelCost
from ledger.price_files import Price

_LOCK = "model costs"
_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Imported:
    """What an import did: prices read, and of them new, changed, and as they were; `later` of these hold
    from a later day on only than the one that was asked for."""

    read: int
    new: int
    changed: int
    later: int

    @property
    def same(self) -> int:
        """How many were known already, with this price."""
        return self.read - self.new - self.changed


def take_in(
    prices: Sequence[Price], *, effective_from: datetime, by: str, at: datetime
) -> Imported:
    """Write what differs from the newest prices known, to hold from `effective_from` on.

    Once-only by provider, model, measure and instant. Raises Refusal `cost_of_the_past` if a changed price
    would begin before, or together with, one that is known.
    """
    with transaction.atomic():
        locks.hold(_LOCK)
        known = _newest()
        firsts = _firsts()
        new, changed, later = [], [], 0
        for price in prices:
            before = known.get((price.provider, price.model, price.measure))
            if before is None:
                new.append(price)
            elif before.cost != price.cost:
                _check_after(price, before, effective_from)
                changed.append(price)
            elif firsts[price.provider, price.model, price.measure] > effective_from:
                later += 1
        ModelCost.objects.bulk_create(
            [
                ModelCost(
                    provider=price.provider,
                    model=price.model,
                    measure=price.measure,
                    currency=price_files.CURRENCY,
                    cost=price.cost,
                    effective_from=effective_from,
                    recorded_at=at,
                    imported_by=by,
                )
                for price in [*new, *changed]
            ],
            batch_size=_ROWS_AT_ONCE,
        )
    return Imported(len(prices), len(new), len(changed), later)


def map_meter(
    meter: Meter,
    *,
    measures: Mapping[str, str],
    model_property: str = "",
    model: str = "",
    aliases: Mapping[str, str] | None = None,
) -> MeterCost:
    """Say by which prices a meter's usage is read; what was said before is replaced.

    Args:
        measures: counted property -> measure of the catalogue; "" is the meter's own quantity.
        model_property: the property that names the model.
        model: of events that name none.
        aliases: the product's name of a model -> the catalogue's.

    Raises Refusal `cost_without_model`, `cost_without_measure`, `cost_property_unknown` (the meter keeps
    no such property of that kind), `measure_unknown` or `model_unknown` (the catalogue has no such one).
    """
    if not model_property and not model:
        raise Refusal("cost_without_model", "Say which property names the model, or which it is.")
    if not measures:
        raise Refusal("cost_without_measure", "Say at least one measure that the usage costs by.")
    if model_property:
        _check_property(meter, model_property, "text")
    for counted in measures:
        if counted:
            _check_property(meter, counted, "number")
    lacking = _missing("measure", measures.values())
    if lacking:
        raise Refusal(
            "measure_unknown",
            f"The catalogue of costs knows no measure {lacking!r}. Import it first.",
        )
    lacking = _missing("model", [*(aliases or {}).values(), *([model] if model else [])])
    if lacking:
        raise Refusal(
            "model_unknown", f"The catalogue of costs knows no model {lacking!r}. Import it first."
        )
    made, _ = MeterCost.objects.update_or_create(
        meter=meter,
        defaults={
            "model_property": model_property,
            "model": model,
            "measures": dict(measures),
            "aliases": dict(aliases or {}),
        },
    )
    return made


def forget_meter(meter: Meter) -> None:
    """Read a meter's usage by no prices any more. Raises NotFound if it was not."""
    found = MeterCost.objects.filter(meter=meter).first()
    if found is None:
        raise NotFound("cost of meter", meter.code)
    found.delete()


def measures() -> list[str]:
    """The measures that the catalogue knows."""
    return sorted(ModelCost.objects.order_by().values_list("measure", flat=True).distinct())


def _newest() -> dict[tuple[str, str, str], ModelCost]:
    rows = ModelCost.objects.order_by("provider", "model", "measure", "-effective_from").distinct(
        "provider", "model", "measure"
    )
    return {(row.provider, row.model, row.measure): row for row in rows}


def _firsts() -> dict[tuple[str, str, str], datetime]:
    """Since when each price is known."""
    rows = ModelCost.objects.order_by().values_list("provider", "model", "measure")
    return {(p, m, s): first for p, m, s, first in rows.annotate(first=Min("effective_from"))}


def _check_after(price: Price, before: ModelCost, effective_from: datetime) -> None:
    if effective_from <= before.effective_from:
        raise Refusal(
            "cost_of_the_past",
            f"{price.model} ({price.measure}) costs {before.cost:f} from "
            f"{before.effective_from:%Y-%m-%d} on. A new price begins later than that; what was "
            "reported of the past stays.",
        )


def _check_property(meter: Meter, name: str, kind: str) -> None:
    if meter.properties.get(name) != kind:
        kept = [known for known, of in sorted(meter.properties.items()) if of == kind]
        raise Refusal(
            "cost_property_unknown",
            f"Meter {meter.code} keeps no property {name!r} that is a {kind}. It keeps: "
            f"{', '.join(kept) or 'none'}.",
        )


def _missing(field: str, names: Iterable[str]) -> str | None:
    """The first of these names that the catalogue does not know."""
    wanted = set(names)
    there = ModelCost.objects.filter(**{f"{field}__in": wanted}).values_list(field, flat=True)
    return next(iter(sorted(wanted - set(there))), None)
