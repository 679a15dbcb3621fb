"""The staff's pages of customers and people.

| file | what stands there |
|---|---|
| `narrowing` | lists of what belongs to customers: whose one may see, and the filter by customer |
| `customers`, `people`, `keys` | customers; people and their memberships; API keys |
"""

from accounts.admin import customers, keys, people

__all__ = ["customers", "keys", "people"]
