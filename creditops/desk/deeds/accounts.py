"""Does the chart of accounts: names, accounts of one's own, and what other systems call them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done
from creditops.lib.refusals import NotFound
from ledger import chart
from ledger.models import Account, AccountMapping

_MAPPED = "in_"
_SYSTEMS = AccountMapping.System.choices


class AccountForm(fields.DeskForm):
    """Its name, and its codes elsewhere."""

    name = fields.text("Name", most=100)
    in_quickbooks = fields.text("Code in QuickBooks", required=False, most=60)
    in_xero = fields.text("Code in Xero", required=False, most=60)
    in_netsuite = fields.text("Code in NetSuite", required=False, most=60)
    in_datev = fields.text("Code in DATEV", required=False, most=60)
    reason = fields.reason()


class ChangeAccount(Deed):
    """Change an account's name, and what other systems call it."""

    name = "change-account"
    title = "Change an account"
    verb = "close_period"
    button = "Change it"
    about = "Its number and its kind stay: entries are read by them. Exports take the codes of their system."
    form = AccountForm

    def find(self, key: str) -> Account:
        """An account, by its number."""
        found: Account | None = Account.objects.filter(code=key).first()
        if found is None:
            raise NotFound("account", key)
        return found

    @property
    def heading(self) -> str:
        """Which account."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The chart."""
        return addresses.of_list(Account)

    def initial(self) -> dict[str, Any]:
        """As it is now."""
        codes = {f"{_MAPPED}{each.system}": each.code for each in self.subject.mappings.all()}
        return {"name": self.subject.name, **codes}

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Change it."""
        made = chart.rename(self.subject, values["name"])
        chart.map_to(made, {system: values[f"{_MAPPED}{system}"] for system, _ in _SYSTEMS})
        return Done(f"{made} is changed.", self.home())


class NewAccountForm(fields.DeskForm):
    """Number, name and kind."""

    code = fields.text("Number", help="3 to 10 digits", most=10)
    name = fields.text("Name", most=100)
    kind = fields.choice("Kind", Account.Type.choices)
    reason = fields.reason()


class AddAccount(Deed):
    """Add an account of one's own to the chart."""

    name = "add-account"
    title = "Add an account"
    verb = "close_period"
    button = "Add it"
    about = "Nothing posts to it by itself: the recipes have accounts of their own."
    form = NewAccountForm
    keyed = False

    def home(self) -> str:
        """The chart."""
        return addresses.of_list(Account)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Add it."""
        made = chart.add(values["code"], values["name"], values["kind"])
        return Done(f"{made} is added.", self.home())
