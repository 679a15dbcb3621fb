"""The staff's pages of the ledger: everything can be looked at, nothing is edited.

| file | what stands there |
|---|---|
| `units` | credit units, meters, tariffs and their rates |
| `holders` | holders, pools, terms, commitments, caps, assigned tariffs, choices |
| `blocks` | blocks, their changes, their cost |
| `line` | the consumption line: layouts, segments, drains, moves, sums |
| `entitlements` | daily credits, flat fees and licences, their revenue |
| `usage` | events, exceptions, corrections, holds |
| `usage_trace` | an event followed to its rate, its blocks, its journal entries |
| `thresholds` | crossings and armings |
| `journal` | accounts, months, entries and their lines |
"""

from ledger.admin import (
    blocks,
    entitlements,
    holders,
    journal,
    line,
    thresholds,
    units,
    usage,
)

__all__ = ["blocks", "entitlements", "holders", "journal", "line", "thresholds", "units", "usage"]
