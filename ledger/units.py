"""Does the making of credit units and meters: what is counted."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from creditops.lib.refusals import NotFound, Refusal
from ledger.models import CreditUnit, Meter

# Every book begins with this unit, and with this meter of already rated usage for it.
CREDITS = "CREDIT"
# Platform work is counted in actions, where it is (S13).
ACTIONS = "ACTION"
RATED_METER = "credits"

_PROPERTY_TYPES = ("number", "text")


def create(*, code: str, name: str) -> CreditUnit:
    """Make a credit unit and the meter of already rated usage in it. Raises Refusal `unit_exists`."""
    try:
        with transaction.atomic():
            unit = CreditUnit.objects.create(code=code, name=name)
    except IntegrityError as error:
        raise Refusal("unit_exists", f"There is a credit unit {code!r} already.") from error
    Meter.objects.create(code=rated_meter(code), name=name, rated_unit=unit)
    return unit


def rated_meter(unit_code: str) -> str:
    """The code of the meter whose quantity is already a number of credits of the unit."""
    return RATED_METER if unit_code == CREDITS else f"{RATED_METER}:{unit_code}"


def ensure(code: str, name: str = "") -> CreditUnit:
    """The unit known as `code`, made if need be: a catalogue that names a new unit defines it."""
    unit = CreditUnit.objects.filter(code=code).first()
    return unit or create(code=code, name=name or code.replace("_", " ").capitalize() + "s")


def find(code: str) -> CreditUnit:
    """The unit known as `code`. Raises NotFound."""
    unit = CreditUnit.objects.filter(code=code).first()
    if unit is None:
        raise NotFound("credit unit", code)
    return unit


def create_meter(
    *,
    code: str,
    name: str,
    quantity_property: str = "",
    properties: Mapping[str, str] | None = None,
) -> Meter:
    """Make a meter.

    Args:
        code: as events name it.
        quantity_property: the property of `data` that holds the quantity; empty: the event's own
            quantity, or 1.
        properties: further properties to keep and price, name -> "number" or "text".

    Raises Refusal `meter_exists` or `property_type_unknown`.
    """
    kept = dict(properties or {})
    wrong = [name for name, kind in kept.items() if kind not in _PROPERTY_TYPES]
    if wrong:
        raise Refusal(
            "property_type_unknown",
            f"Property {wrong[0]!r} of meter {code!r} must be a number or a text.",
            unreadable=True,
        )
    try:
        with transaction.atomic():
            return Meter.objects.create(
                code=code, name=name, quantity_property=quantity_property, properties=kept
            )
    except IntegrityError as error:
        raise Refusal("meter_exists", f"There is a meter {code!r} already.") from error


def ensure_meter(code: str, name: str = "") -> Meter:
    """The meter known as `code`, made if need be."""
    meter = Meter.objects.filter(code=code).first()
    return meter or create_meter(code=code, name=name or code.replace("_", " "))


def keep_property(meter: Meter, name: str, kind: str) -> None:
    """Have the meter keep a property of its events from now on, "number" or "text"."""
    if meter.properties.get(name) != kind:
        meter.properties = {**meter.properties, name: kind}
        meter.save(update_fields=["properties"])


def find_meter(code: str) -> Meter:
    """The meter known as `code`. Raises NotFound."""
    meter = Meter.objects.filter(code=code).first()
    if meter is None:
        raise NotFound("meter", code)
    return meter
