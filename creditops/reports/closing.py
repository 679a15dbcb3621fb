"""Answers with the reconciliations of a time as a report (Z4)."""

from __future__ import annotations

from creditops.close import reconciliations
from creditops.reports import naming
from creditops.reports.frame import Asked, Cell, Check, Report, Table, counts, moneys, texts
from ledger import books


def reconciliations_of(asked: Asked) -> Report:
    """The ledger beside blocks, documents and deliveries."""
    naming.post(asked.remembered, asked.known_at)
    found = reconciliations.of(asked.first, asked.last, known_at=asked.known_at)
    columns = (
        *texts("What", "Account"),
        *moneys("Ledger"),
        *texts("Beside"),
        *moneys("Rows", "Difference"),
    )
    rows: list[list[Cell]] = [
        [r.title, r.account, r.ledger, r.rows_say, r.rows, r.difference]
        for r in found
        if r.is_money
    ]
    message_columns = (*texts("What"), *counts("Received", "Counted", "Difference"))
    messages: list[list[Cell]] = [
        [r.title, r.ledger, r.rows, r.difference] for r in found if not r.is_money
    ]
    return Report(
        books.current(asked.known_at).currency,
        [Table("Accounts", columns, rows), Table("Messages", message_columns, messages)],
        [Check(r.title, r.rows, r.account, r.ledger) for r in found if r.is_money],
    )
