"""Answers with the base of the ledger's pages: hot rows, of customers one may see, by customer."""

from __future__ import annotations

from typing import Any

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import HotRowAdmin


class LedgerRowAdmin(CustomerRows, HotRowAdmin):
    """Rows keyed by customer and id, narrowed by customer."""

    list_filter: Any = (CustomerFilter,)
    search_fields: Any = ()
