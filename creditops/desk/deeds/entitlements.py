"""Does what credits buy beside usage: features unlocked for a flat fee, licences charged per user."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from django import forms

from creditops.desk import fields
from creditops.desk.deeds.credits import ForHolder
from creditops.desk.deeds.deed import Done, Figures
from creditops.lib import calendar
from ledger import entitlements
from ledger.models import Entitlement, Rate

_PERIODS = {1: "month", 12: "year"}


class UnlockForm(fields.DeskForm):
    """Which feature, and for how long."""

    act = fields.Act()
    holder = fields.choice("Paid by the credits of", ())
    item = fields.choice("Feature", ())
    first_day = fields.Day(label="First day", required=False, help_text="empty: today")
    last_day = fields.Day(
        label="Last day", required=False, help_text="empty: after the feature's period"
    )


class LicencesForm(fields.DeskForm):
    """How many users, of what, and for which period."""

    act = fields.Act()
    holder = fields.choice("Paid by the credits of", ())
    item = fields.choice("Licence", ())
    users = forms.IntegerField(label="Users", min_value=1, max_value=1_000_000)
    first_day = fields.Day(
        label="First day", required=False, help_text="empty: the first of this month"
    )
    last_day = fields.Day(
        label="Last day", required=False, help_text="empty: after the licence's period"
    )


class ForAccess(ForHolder):
    """Credits exchanged for access over time. They leave the balance at once and are not given back."""

    verb = "sell_credits"
    live = True
    kind: ClassVar[str]

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With what the rate cards of the customer's contracts sell for credits."""
        made = super().make_form(data)
        made.fields["item"].choices = [  # type: ignore[attr-defined]
            (item, f"{item}: {_price(rate)}") for item, rate in self._offered().items()
        ]
        return made

    def facts(self, values: dict[str, Any]) -> Figures:
        """What it costs."""
        rate = self._offered().get(values.get("item") or "")
        users = values.get("users") or 1
        return () if rate is None else (("It costs", f"{rate.credits * users:,} credits, now"),)

    def notes(self, values: dict[str, Any]) -> tuple[str, ...]:
        """What cannot be undone (R6), or that there is nothing to have."""
        if not self._offered():
            return (f"No rate card of {self.subject.name} sells one for credits.",)
        return ("What pays for access over time is not given back: nothing here is refunded.",)

    def _offered(self) -> dict[str, Rate]:
        found: dict[str, Rate] = {}
        for holder in self._holders():
            for rate in entitlements.offered(holder, self.kind, self.at):
                found.setdefault(rate.item, rate)
        return found


class Unlock(ForAccess):
    """Unlock a feature for its flat fee."""

    name = "unlock-feature"
    title = "Unlock a feature"
    button = "Unlock the feature"
    about = "Its flat fee is drawn now; revenue runs over the days of access."
    form = UnlockForm
    kind = Rate.Kind.FLAT

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Unlock it."""
        made = entitlements.unlock(
            self.holder(values["holder"], at),
            item=values["item"],
            source=values["act"],
            by=by,
            at=at,
            starts_on=values["first_day"],
            ends_on=_end(values["last_day"]),
        )
        return Done(f"{made.item} is unlocked {_days(made)}.", self.home())


class ChargeLicences(ForAccess):
    """Charge licences per user for a period, in full."""

    name = "charge-licences"
    title = "Charge licences"
    button = "Charge the licences"
    about = (
        "A user who comes later in the period is charged in full; one who leaves is not refunded."
    )
    form = LicencesForm
    kind = Rate.Kind.LICENCE

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Charge them."""
        made = entitlements.charge_licences(
            self.holder(values["holder"], at),
            item=values["item"],
            users=values["users"],
            source=values["act"],
            by=by,
            at=at,
            starts_on=values["first_day"],
            ends_on=_end(values["last_day"]),
        )
        return Done(f"{made.users:,} users of {made.item} are charged {_days(made)}.", self.home())


def _price(rate: Rate) -> str:
    every = _PERIODS.get(rate.period_months or 12, f"{rate.period_months} months")
    return f"{rate.credits:,} credits a {every}"


def _end(last_day: date | None) -> date | None:
    """Exclusive, as the books keep it."""
    return None if last_day is None else date.fromordinal(last_day.toordinal() + 1)


def _days(made: Entitlement) -> str:
    return f"from {made.starts_on} through {calendar.day_before(made.ends_on)}"
