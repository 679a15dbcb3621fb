"""What acts on commission are about: a contract that Sam sold, his statement, his objection to it."""

from __future__ import annotations

from decimal import Decimal

from contracts import commission_disputes, commission_plans, commission_statements
from contracts.commission_figures import Share
from tests import staff
from tests.cast import START
from tests.staff import NOW, Book

SAM, YEAR = "sales-rep@vendor.example", 2026


def statement(rep: str) -> str:
    """What names a rep's statement in an address."""
    return f"{YEAR}/{rep}"


def of(book: Book) -> dict[str, object]:
    """C-sold pays Sam; his statement is frozen once, and he objects to it."""
    plan = commission_plans.publish(
        "plan", commission_plans.Wanted(Decimal(10), Decimal(70)), by="Sally", at=START
    )
    shares = [Share(SAM, Decimal(100))]
    staff.sign(book.acme, "C-sold", commission_plan=plan, commission_split=shares)
    frozen = commission_statements.freeze(SAM, YEAR, by="Fiona", at=NOW)
    raised = commission_disputes.raise_one(SAM, YEAR, text="it was 80 %", by=SAM, at=NOW)
    return {
        "commission-plan": "plan",
        **dict.fromkeys(("agree-commission", "reassign-contract", "restate-commission"), "C-sold"),
        **dict.fromkeys(("freeze-statement", "dispute-commission"), statement(SAM)),
        "pay-commission": frozen.pk,
        "answer-dispute": raised.pk,
    }
