"""The staff's pages of what is sold.

| file | what stands there |
|---|---|
| `commissions` | commission: plans, owners, events, statements, payouts, capitalised cost |
| `amendments` | changes of running contracts |
| `contracts` | contracts, the charges that they left, proposals for their renewal |
| `plans` | plans, subscriptions and what these owe |
| `pricing` | prices of credits, rate cards and their versions |
| `quotes` | quotes, their versions, and what customers said |
"""

from contracts.admin import (
    amendments,
    commissions,
    contracts,
    plans,
    pricing,
    quotes,
)

__all__ = ["amendments", "commissions", "contracts", "plans", "pricing", "quotes"]
