"""The staff's pages of the ledger: everything can be looked at, nothing is edited.

| file | what stands there |
|---|---|
| `units` | credit units, meters, tariffs and their rates |
| `holders` | holders, pools, terms, commitments, caps, assigned tariffs, choices |
| `blocks` | blocks, their changes, their cost |
| `line` | the consumption line: layouts, segments, drains, moves, sums |
| `bulk` | imports, backfills |
| `entitlements` | daily credits, flat fees and licences, their revenue |
| `exchange` | rates between currencies |
| `expiry_notices` | who was told that credits end |
| `usage` | events, exceptions, corrections, holds |
| `usage_trace` | an event followed to its rate, its blocks, its journal entries |
| `recognition` | breakage in proportion to use: estimates, runs |
| `thresholds` | crossings and armings |
| `journal` | accounts, months, entries and their lines |
"""

from ledger.admin import (
    blocks,
    bulk,
    entitlements,
    exchange,
    expiry_notices,
    holders,
    journal,
    line,
    recognition,
    thresholds,
    units,
    usage,
)

__all__ = [
    "blocks",
    "bulk",
    "entitlements",
    "exchange",
    "expiry_notices",
    "holders",
    "journal",
    "line",
    "recognition",
    "thresholds",
    "units",
    "usage",
]
