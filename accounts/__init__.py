"""Floor 1: who buys, who logs in, and who may see what.

| file | what stands there |
|---|---|
| `customers` | customers and their families: make, find, change |
| `people` | people who log in, their roles at the vendor or at a customer |
| `keys` | API keys: made, shown once, revoked |
| `access` | what a person or a key may see; every list starts there |
| `recipients` | who is told what: alerts, invoices, approvals |
"""
