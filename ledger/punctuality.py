"""Does what is due for customers before their usage is judged, whether or not the sweep came first.

A term that ended must have been renewed, or closed, before use of the time after it can be judged;
else it would be refused for good for lack of credits that the renewal grants (L11 says the same of
expiry, which the line itself sees to). What is due is known by rows, so this floor needs not know what
it is (`creditops/lib/due.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from creditops.lib import binary, due


def catch_up(named: Iterable[str], at: datetime) -> dict[int, datetime]:
    """Do what is due at `at` for customers and decides what they may use.

    Args:
        named: codes of customers and contracts, as a batch names them.
        at: when it came.

    One statement where nothing is. Outside the batch's transaction: what is due takes locks of its
    own, in their order, and is done for good whatever becomes of the batch.

    Returns per customer id since when work waits that could not be done: of use from then on nobody
    can say yet what pays for it.
    """
    rows = binary.rows(
        "ledger",
        "customers_with_due_work",
        codes=binary.texts([code.encode() for code in sorted(set(named))]),
        kinds=due.deciding_kinds(),
        at=at,
    )
    if not rows:
        return {}
    waiting = due.catch_up([code for _, code in rows], at)
    return {customer: waiting[code] for customer, code in rows if code in waiting}
