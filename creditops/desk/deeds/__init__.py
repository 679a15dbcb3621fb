"""What staff may do, each a form, a confirmation in figures, and one call into work.

| file | what stands there |
|---|---|
| `deed`, `page` | what an act is; its pages |
| `customers` | new customers, and their people let in |
| `contracts` | sign, cancel, renew; caps |
| `credits` | free credits, sold credits |
| `money` | bill what waits, record payments, tax rates |
| `usage` | events corrected and made void |
| `pricing` | prices and rate cards published |
| `house` | approvals decided, months closed, settings changed |
| `keys` | API keys made and revoked |
"""
