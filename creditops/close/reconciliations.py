"""Answers whether the ledger is what its rows say, account by account, at the end of a day (Z4).

Each compares the journal with figures that come about without it: blocks, overage, documents, deliveries.
What is owed in other currencies than the books' is left out of both sides: it is valued anew at each month's
end. Deferred revenue is not, and is compared whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from contracts import commission_rolls
from invoicing import deferral, outstanding, owed
from ledger import block_rolls, books, chart, earnings, intake_days, statements


@dataclass(frozen=True)
class Reconciliation:
    """What an account says beside what its rows come to, in minor units; of messages in their number."""

    code: str
    title: str
    account: str
    ledger: int
    rows_say: str
    rows: int
    is_money: bool = True

    @property
    def difference(self) -> int:
        """0: they agree."""
        return self.ledger - self.rows


def of(first: date, last: date, *, known_at: datetime) -> list[Reconciliation]:
    """All of them at the end of `last`, as known at `known_at`; messages from `first` on."""
    ours = books.current(known_at).currency
    lines = statements.lines(last=last, known_at=known_at)
    found = statements.balances(lines.filter(transaction_currency=""))
    deferred = statements.balance(lines, [chart.DEFERRED_CREDITS])
    blocks = block_rolls.at_end_of(last, known_at=known_at)
    apart = deferral.apart_minor(last, known_at=known_at)
    used = sum(each.value_minor for each in earnings.of_overage(last, known_at=known_at))
    billed = sum(outstanding.overage_billed(last, known_at=known_at).values())
    later = sum(owed.unbilled(last, known_at=known_at).values())
    receivable = sum(
        each.open_minor
        for each in outstanding.open_invoices(last, known_at=known_at)
        if each.posted and each.currency == ours
    )
    days = intake_days.of(first, last)
    return [
        Reconciliation(
            "deferred", "Deferred revenue and the value of blocks", chart.DEFERRED_CREDITS,
            -deferred, "values of blocks, and what is billed apart from them",
            sum(block.value_minor for block in blocks) + sum(apart.values()),
        ),
        Reconciliation(
            "unbilled", "Unbilled receivable and overage", chart.UNBILLED,
            found.get(chart.UNBILLED, 0),
            "overage used, less what was billed of it; what is owed before its invoice",
            used - billed + later,
        ),
        Reconciliation(
            "receivables", "Receivables and documents", chart.RECEIVABLES,
            found.get(chart.RECEIVABLES, 0), "what is open of invoices", receivable,
        ),
        Reconciliation(
            "refunds", "Refund liability and credit notes", chart.REFUNDS,
            -found.get(chart.REFUNDS, 0), "what credit notes owe, less refunds",
            outstanding.refundable(last, known_at=known_at).get(ours, 0),
        ),
        Reconciliation(
            "entitlements", "Deferred entitlements and their days", chart.ENTITLEMENTS,
            -found.get(chart.ENTITLEMENTS, 0), "what was drawn, less what days have earned",
            earnings.entitled(last, known_at=known_at),
        ),
        *_commissions(first, last, found, known_at),
        Reconciliation(
            "events", "Messages received and what became of them", "received",
            sum(day.received for day in days), "counted from the rows",
            sum(fates.received for day in days for fates in day.meters), is_money=False,
        ),
    ]  # fmt: skip


def _commissions(
    first: date, last: date, ledger: Mapping[str, int], known_at: datetime
) -> list[Reconciliation]:
    """What reps have coming and owe back, and what winning contracts cost that is an asset still."""
    moved = commission_rolls.of(first, last, known_at=known_at)
    paid = commission_rolls.payouts(first, last, known_at=known_at).values()
    costs = commission_rolls.costs(first, last, known_at=known_at)
    granted = sum(m.granted_before + m.at_close + m.true_up for m in moved)
    taken = sum(m.taken_before + m.taken_back for m in moved)
    return [
        Reconciliation(
            "commissions", "Accrued commissions and what reps were granted", chart.COMMISSIONS,
            -ledger.get(chart.COMMISSIONS, 0), "granted to reps, less payouts",
            granted - sum(p.gross_before + p.gross for p in paid),
        ),
        Reconciliation(
            "clawback", "Clawback receivable and what reps owe back", chart.CLAWBACK,
            ledger.get(chart.CLAWBACK, 0), "taken back from reps, less what was netted",
            taken - sum(p.netted_before + p.netted for p in paid),
        ),
        Reconciliation(
            "contract_costs", "Contract costs and what is not expensed of them", chart.CONTRACT_COSTS,
            ledger.get(chart.CONTRACT_COSTS, 0), "capitalised, less what is expensed",
            sum(cost.closing for cost in costs),
        ),
    ]  # fmt: skip
