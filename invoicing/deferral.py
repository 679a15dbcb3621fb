"""Answers by how much deferred revenue runs ahead of the credits that it is for, or behind them.

Money and credits are not always born at once: what is due before its term begins is owed without
credits, a cancellable plan's invoice is a memo until it is paid (V3). `verify` compares deferred
revenue with the value of blocks to the cent, so it has to know these differences.
"""

from __future__ import annotations

from creditops.lib import sql
from invoicing.models import InvoiceLine

# The lines whose money is deferred until credits are used; overage is revenue already.
_DEFERRED = (
    InvoiceLine.Kind.COMMITMENT,
    InvoiceLine.Kind.BONUS,
    InvoiceLine.Kind.PURCHASE,
    InvoiceLine.Kind.TOP_UP,
)


def ahead_minor() -> dict[int, int]:
    """Per customer id what is deferred without credits, less credits whose money is not deferred.

    In minor units of the books' currency; customers without a difference are left out.
    """
    return dict(sql.rows("invoicing", "deferred_ahead", kinds=[str(kind) for kind in _DEFERRED]))
