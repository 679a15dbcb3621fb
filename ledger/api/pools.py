"""Answers which pools a request is about, and blocks as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from accounts.models import Customer
from creditops.lib.api import shapes
from creditops.lib.api.forms import Query, Text
from creditops.lib.api.reading import written
from creditops.lib.refusals import NotFound
from ledger.balances import BlockBalance
from ledger.models import Block, Meter, Pool

STATES = ("scheduled", "active", "exhausted", "frozen", "expired", "voided")
Kind = Annotated[str, shapes.one_of(Block.Kind.values)]
State = Annotated[str, shapes.one_of(STATES)]


class PoolQuery(Query):
    """All pools of a customer, or some of them."""

    contract = Text(required=False, help_text="only of this contract")
    unit = Text(required=False, help_text="only of this credit unit")


class BlockShown(TypedDict):
    """A block of credits. granted = used + expired + voided + what is left in it, usable or not."""

    id: str
    kind: Kind
    meters: list[str]
    granted: int
    used: int
    left: int
    expired: int
    voided: int
    priority: int
    effective_at: shapes.Instant
    expires_at: shapes.Instant | None
    source: str
    state: State


def of(customer: Customer, query: Mapping[str, Any]) -> list[Pool]:
    """The customer's pools, of one contract or unit where `PoolQuery` names one."""
    rows = Pool.objects.filter(customer_id=customer.root_id)
    if "contract" in query:
        rows = rows.filter(holder__code=query["contract"])
    if "unit" in query:
        rows = rows.filter(unit__code=query["unit"])
    return list(rows.select_related("holder", "unit", "customer").order_by("id"))


def holder_and_unit(customer: Customer, query: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The ids of the contract and the unit that `PoolQuery` names; None where it names none.

    Raises NotFound where the customer has no such pool.
    """
    found = of(customer, query)
    for name in ("contract", "unit"):
        if name in query and not found:
            raise NotFound(name, query[name])
    return (
        found[0].holder_id if "contract" in query else None,
        found[0].unit_id if "unit" in query else None,
    )


def shown_blocks(blocks: Sequence[BlockBalance]) -> list[BlockShown]:
    """Blocks as the API shows them."""
    named = {meter for block in blocks for meter in block.meters or ()}
    codes = dict(Meter.objects.filter(id__in=named).values_list("id", "code")) if named else {}
    return [_shown(block, codes) for block in blocks]


def _shown(block: BlockBalance, codes: Mapping[int, str]) -> BlockShown:
    return {
        "id": str(block.id),
        "kind": block.kind,
        "meters": [codes[meter] for meter in block.meters or ()],
        "granted": block.granted,
        "used": block.used,
        "left": block.left,
        "expired": block.expired,
        "voided": block.voided,
        "priority": block.priority,
        "effective_at": written(block.effective_at),
        "expires_at": written(block.expires_at) if block.expires_at else None,
        "source": block.source,
        "state": block.state,
    }
