"""Answers what checks of several topics ask first: the pool and the term that one is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from contracts import renewals, standing
from contracts.models import Contract
from creditops.lib.refusals import Refusal
from creditops.scenarios.world import World
from ledger import (
    holders,
    units,
)
from ledger.models import Holder, Pool, Term

Expectation = dict[str, Any]
Check = Callable[[World, Expectation, datetime], dict[str, Any]]


def pool(holder: Holder, wanted: Expectation, at: datetime) -> Pool:
    return holders.pool(holder, units.ensure(wanted.get("unit", units.CREDITS)), at)


def term(contract: Contract, number: int | None, at: datetime) -> Term:
    found = (
        renewals.running_term(contract, at) if number is None else standing.term(contract, number)
    )
    if found is None:
        raise Refusal("no_term", f"{contract} has no term {number or 'running'}.")
    return found
