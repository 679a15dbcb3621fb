"""The staff's pages of what is sold.

| file | what stands there |
|---|---|
| `contracts` | contracts, the charges that they left, proposals for their renewal |
| `pricing` | prices of credits, rate cards and their versions |
"""

from contracts.admin import contracts, pricing

__all__ = ["contracts", "pricing"]
