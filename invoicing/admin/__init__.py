"""The staff's pages of what is billed and paid.

| file | what stands there |
|---|---|
| `invoices` | issued invoices, their lines, the counters of their numbers |
| `payments` | payments, and cards on file |
| `seller` | who issues documents, and the tax table |
"""

from invoicing.admin import invoices, payments, seller

__all__ = ["invoices", "payments", "seller"]
