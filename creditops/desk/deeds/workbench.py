"""Does what product says of an action before it has a price: its cost, its value."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, ClassVar

from contracts import action_values
from contracts.models import ActionValue, RateItem
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done
from creditops.lib import money
from creditops.lib.refusals import NotFound


class ActionForm(fields.DeskForm):
    """What is known of it."""

    name = fields.text("Action", most=100)
    meter = fields.text("Meter", required=False, most=100, help="whose usage it is")
    cost = fields.Amount(
        label="One costs us", required=False, help_text="empty: what its usage cost lately"
    )
    worth = fields.Amount(label="One is worth to a customer", required=False)
    customer_unit = fields.text("Customers count", required=False, most=100)
    position = fields.choice("Place on the value chain", RateItem.Position.choices, required=False)


class DescribeAction(Deed):
    """Say what is known of an action; what was said before is replaced."""

    name = "describe-action"
    title = "Describe an action"
    verb = "publish_rates"
    button = "Write it down"
    about = "In the books' currency. Customers never see it; no price follows from it by itself."
    form: ClassVar[type[fields.DeskForm]] = ActionForm
    keyed = False

    def home(self) -> str:
        """The workbench."""
        return addresses.of("workbench")

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Write it down."""
        made = action_values.describe(**values)
        return Done(f"{made} is on the workbench.", self.home())


class ChangeAction(DescribeAction):
    """The same of one that is there."""

    name = "change-action"
    title = "Change what is known"
    keyed = True

    def find(self, key: str) -> ActionValue:
        """The action."""
        found = ActionValue.objects.select_related("meter").filter(name=key).first()
        if found is None:
            raise NotFound("action", key)
        return found

    def initial(self) -> dict[str, Any]:
        """As it is said now."""
        row = self.subject
        return {
            "name": row.name,
            "meter": row.meter.code if row.meter else "",
            "cost": _text(row.cost),
            "worth": _text(row.worth),
            "customer_unit": row.customer_unit,
            "position": row.position,
        }


class ForgetAction(ChangeAction):
    """Take an action off the workbench."""

    name = "forget-action"
    title = "Take it off the workbench"
    button = "Take it off"
    about = "Rate cards keep what they have."
    form = fields.DeskForm
    danger = True

    def initial(self) -> dict[str, Any]:
        """Nothing to type."""
        return {}

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Take it off."""
        action_values.forget(self.subject.name)
        return Done(f"{self.subject} is off the workbench.", self.home())


def _text(exact: Any) -> str:
    return "" if exact is None else money.decimal_text(Fraction(exact))
