"""`/unlocks` and `/licence-charges`: credits exchanged for access over time."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts.api.contracts import holder_of
from creditops.lib.api import shapes
from creditops.lib.api.forms import Body, Day, Text, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from ledger import entitlements, messages
from ledger.models import Entitlement

_REFUSES = (
    "entitlement_ends_before_it_begins",
    "insufficient_credits",
    "item_not_sold",
    "overage_cap",
)


class UnlockBody(Body):
    """A feature that is unlocked for its flat fee."""

    customer = Text(max_length=100)
    contract = Text(max_length=100, required=False, help_text="default: credits without a contract")
    item = Text(max_length=100, help_text="a flat fee on the rate card")
    starts_on = Day(required=False, help_text="default: today, where the customer is")
    ends_on = Day(required=False, help_text="exclusive; default: after the item's period")


class LicencesBody(UnlockBody):
    """Licences of some users, for a period, in full."""

    item = Text(max_length=100, help_text="a licence on the rate card")
    users = Whole(min_value=1, max_value=10_000_000)
    starts_on = Day(required=False, help_text="default: the first day of the local month")


class EntitlementShown(TypedDict):
    """What credits were exchanged for; `event` drew them, revenue runs over the days."""

    id: str
    customer: str
    contract: str
    kind: Annotated[str, shapes.one_of(Entitlement.Kind.values)]
    item: str
    users: int
    starts_on: shapes.Day
    ends_on: shapes.Day
    event: str
    recorded_at: shapes.Instant


class Unlocks(ApiView):
    """Flat fees."""

    @Operation(
        scope=Scope.LEDGER_WRITE,
        body=UnlockBody,
        answers=EntitlementShown,
        status=201,
        refuses=_REFUSES,
    )
    def post(self, request: Request) -> Response:
        """Unlock a feature for a term: its flat fee is drawn at once, whole or not at all."""
        given = self.given()

        def unlock(at: datetime) -> EntitlementShown:
            return _shown(entitlements.unlock(**_act(self, given, at)))

        return self.once(unlock)


class LicenceCharges(ApiView):
    """Licences."""

    @Operation(
        scope=Scope.LEDGER_WRITE,
        body=LicencesBody,
        answers=EntitlementShown,
        status=201,
        refuses=_REFUSES,
    )
    def post(self, request: Request) -> Response:
        """Charge licences for a period, in full: drawn at once, whole or not at all."""
        given = self.given()

        def charge(at: datetime) -> EntitlementShown:
            return _shown(entitlements.charge_licences(**_act(self, given, at)))

        return self.once(charge)


def _act(view: ApiView, given: dict[str, Any], at: datetime) -> dict[str, Any]:
    holder = holder_of(view, given["customer"], given.get("contract"), at)
    told = {name: given[name] for name in given if name not in ("customer", "contract")}
    source = f"api:{view.key.name}:{uuid.uuid4().hex}"
    return {"holder": holder, "source": source, "by": view.by, "at": at, **told}


def _shown(made: Entitlement) -> EntitlementShown:
    return {
        "id": str(made.pk),
        "customer": made.holder.customer.code,
        "contract": made.holder.code,
        "kind": made.kind,
        "item": made.item,
        "users": made.users,
        "starts_on": made.starts_on.isoformat(),
        "ends_on": made.ends_on.isoformat(),
        "event": messages.uid(made.customer_id, made.event_id),
        "recorded_at": written(made.recorded_at),
    }
