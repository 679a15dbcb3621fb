"""Answers whom a change of a setting touches: contracts and customers that have no value nearer to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from accounts.models import Customer
from contracts.models import Contract
from creditops.lib.admin_tables import Listing
from creditops.lib.models import PolicySetting

SHOWN = 50

# Settings that say nothing about credits without a contract: these have no term and no overage.
_OF_CONTRACTS = {
    "baseline_kinds", "overage_base", "overage_pct", "reinstatement_grace_days", "rollover",
    "rollover_pct",
}  # fmt: skip
# And about nothing else.
_WITHOUT_A_CONTRACT = {"validity"}


def listings(scope: str, name: str, start: datetime, old: str, new: str) -> list[Listing]:
    """Contracts and customers whose value changes when `scope` changes from `start` on.

    Args:
        scope: of the change.
        name: of the setting.
        start: from when.
        old, new: its value in words, before and after.

    A constant number of queries; at most 50 of each are listed, all are counted.
    """
    found = _everybody(scope, name, start, old, new)
    left_out = "customer" if name in _OF_CONTRACTS else ""
    left_out = "contract" if name in _WITHOUT_A_CONTRACT else left_out
    return [listing for what, listing in found.items() if what != left_out]


def _everybody(scope: str, name: str, start: datetime, old: str, new: str) -> dict[str, Listing]:
    """What is touched, by `contract` and `customer`."""
    kind, _, code = scope.partition(":")
    contracts = _contracts().exclude(status=Contract.Status.ENDED)
    customers = Customer.objects.all()
    if kind == "contract":
        return {"contract": _listing("contract", contracts.filter(code=code), 0, old, new)}
    nearer = _set("contract:", "code", name, start)
    mine = Q(pk__in=[])
    if kind == "customer":
        contracts, customers = contracts.filter(customer__code=code), customers.filter(code=code)
    else:
        nearer |= _set("customer:", "customer__code", name, start)
        mine = _set("customer:", "code", name, start)
    return {
        what: _listing(what, rows.exclude(own), rows.filter(own).count(), old, new)
        for what, rows, own in (("contract", contracts, nearer), ("customer", customers, mine))
    }


def _contracts() -> QuerySet[Contract]:
    return Contract.objects.select_related("customer").order_by("code")


def _set(prefix: str, code: str, name: str, start: datetime) -> Q:
    """Rows that have a value of their own when the change begins to act."""
    own = PolicySetting.objects.filter(
        scope=Concat(Value(prefix), OuterRef(code)), name=name, effective_at__lte=start
    )
    return Q(Exists(own))


def _listing(what: str, rows: QuerySet[Any], keep: int, old: str, new: str) -> Listing:
    number = rows.count()
    shown = [(_named(row), old, new) for row in rows[:SHOWN]]
    title = f"{number:,} {what}{'' if number == 1 else 's'}"
    title += {"contract": " touched", "customer": " touched, for credits without a contract"}[what]
    if number > SHOWN:
        title += f", the first {SHOWN} of them here"
    if keep:
        title += f"; {keep:,} {'keeps its own value' if keep == 1 else 'keep their own values'}"
    return Listing(title, (what.capitalize(), "Before", "After"), shown, empty="None.")


def _named(row: Model) -> str:
    return f"{row.code}, {row.customer.name}" if isinstance(row, Contract) else f"{row}"
