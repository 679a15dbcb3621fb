"""Answers how many there are of something, and what a pure function gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from creditops.scenarios import calculations, values
from creditops.scenarios.checks import expected
from creditops.scenarios.world import World
from invoicing.models import CreditNote, Invoice
from ledger import (
    caps,
    intake_counts,
    messages,
    posting,
    statements,
    thresholds,
)
from ledger.models import ThresholdCrossing

_MESSAGES = {
    "received": "received",
    "applied": messages.APPLIED,
    "duplicates": messages.DUPLICATE,
    "conflicts": messages.CONFLICT,
    "refused": messages.REFUSED,
    "exceptions": messages.EXCEPTION,
    "held": messages.HELD,
    "recorded": messages.RECORDED,
}


def count(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """How many there are of something."""
    account = world.account_of(wanted["account"]) if "account" in wanted else {}
    what = wanted["what"]
    if what in _MESSAGES:
        return {"is": intake_counts.of(**account)[_MESSAGES[what]]}
    if what == "invoices":
        return {"is": Invoice.objects.filter(**account).count()}
    if what == "credit_notes":
        return {"is": CreditNote.objects.filter(**account).count()}
    if what == "approval_requests":
        return {"is": Approval.objects.filter(kind=caps.LIFT).count()}
    if what == "alerts":
        alerts = ThresholdCrossing.objects.exclude(threshold__in=thresholds.SILENT)
        return {"is": alerts.count()}
    if what == "journal_lines":
        posting.run(at)
        return {"is": statements.lines(**account).count()}
    raise Refusal("unsupported", f"This version does not count {what!r} yet.")


def calc(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """A pure function, or the code that it refuses with."""
    try:
        return {"equals": calculations.calculate(wanted["calc"], wanted["args"])}
    except Refusal as refusal:
        return {"error": values.code(refusal.code)}


CHECKS: dict[str, expected.Check] = {
    "count": count,
    "calc": calc,
}
