"""Does the leaving of word about use of terms that are over: what was billed may no longer be all (O7).

Late events and corrections reach back across a term's end. The ledger doesn't bill; it leaves due work,
which the floor that bills has a function for. Only overage is told: the rest was paid in advance.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from creditops.lib import due
from ledger.line import Line

RESTATE = "ledger.restate_term"
_OVERAGE = ("OVERAGE", "OVERAGE_REVERSAL")


def announce(lines: Iterable[Line], *, group: str, at: datetime) -> None:
    """Leave word of each term that was over at `at` and whose overage was moved in these lines.

    Args:
        lines: of one holder, with detail where anything was moved.
        group: the customer's code; its due work is done in order.

    The work's subject is `<customer id>-<term id>`. What was done at this instant is done again: a run
    of due work has one instant for all its pieces, and what comes after the bill counts too.
    """
    for line in lines:
        moved = {move.term_id for move in line.moves if move.type in _OVERAGE}
        for term in line.terms:
            if term.id in moved and term.ends_at is not None and term.ends_at <= at:
                due.plan(
                    RESTATE, f"{line.customer_id}-{term.id}", at,
                    rank=due.BILLING, group=group, again=True,
                )  # fmt: skip
