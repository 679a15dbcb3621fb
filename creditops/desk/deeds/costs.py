"""Does what our own costs are read by: which providers' prices a meter's usage has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from ledger import model_costs, units
from ledger.models import Meter, MeterCost

_OWN = "quantity"


class Pairs(forms.CharField):
    """Lines of `name = value`."""

    def to_python(self, value: Any) -> Any:
        """`{"name": "value"}`."""
        found = {}
        for line in (super().to_python(value) or "").splitlines():
            name, sign, meant = (part.strip() for part in line.partition("="))
            if line.strip() and not (name and sign and meant):
                raise ValidationError(f"Write a name, =, and what it is: {line!r} is neither.")
            if line.strip():
                found[name] = meant
        return found


class CostForm(fields.DeskForm):
    """Which property is what, line by line."""

    model_property = fields.text(
        "Property that names the model", required=False, help="like model; empty: none does"
    )
    model = fields.text("Model", required=False, help="of events that name none")
    measures = Pairs(
        label="What is counted",
        required=False,
        widget=fields.lines(),
        help_text="a line each: input_tokens = input_cost_per_token; quantity is the meter's own",
    )
    aliases = Pairs(
        label="Models under names of ours",
        required=False,
        widget=fields.lines(),
        help_text="a line each: our-name = model of the catalogue",
    )
    reason = fields.reason()


class MapMeterCost(Deed):
    """Say which prices of the catalogue a meter's usage is read by."""

    name = "meter-cost"
    title = "What it costs us"
    verb = "publish_rates"
    button = "Read its usage so"
    about = (
        "Margins are computed by this from now on, for the past too. Without a line it has no cost."
    )
    form = CostForm
    live = True

    def find(self, key: str) -> Meter:
        """A meter."""
        return units.find_meter(key)

    @property
    def heading(self) -> str:
        """Of which meter."""
        return f"{self.title}: {self.subject.name}"

    def home(self) -> str:
        """The meters."""
        return addresses.of_list(Meter)

    def initial(self) -> dict[str, Any]:
        """As it is said now."""
        said = MeterCost.objects.filter(meter=self.subject).first()
        if said is None:
            return {}
        return {
            "model_property": said.model_property,
            "model": said.model,
            "measures": _lines({name or _OWN: measure for name, measure in said.measures.items()}),
            "aliases": _lines(said.aliases),
        }

    def facts(self, values: dict[str, Any]) -> Figures:
        """What the meter keeps of its events."""
        properties = sorted(self.subject.properties.items())
        kept = ", ".join(f"{name} ({kind})" for name, kind in properties)
        return [("Kept of its events", kept or "the quantity alone")]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Say so, or forget it."""
        measures = {("" if n == _OWN else n): m for n, m in (values["measures"] or {}).items()}
        if not measures:
            model_costs.forget_meter(self.subject)
            return Done(f"Usage of {self.subject.name} is read by no prices any more.", self.home())
        model_costs.map_meter(
            self.subject,
            measures=measures,
            model_property=values["model_property"],
            model=values["model"],
            aliases=values["aliases"] or {},
        )
        return Done(f"Usage of {self.subject.name} is read by providers' prices.", self.home())


def _lines(pairs: dict[str, str]) -> str:
    return "\n".join(f"{name} = {meant}" for name, meant in pairs.items())
