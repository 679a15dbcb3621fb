"""The staff's pages of what is billed and paid.

| file | what stands there |
|---|---|
| `invoices` | issued invoices, their lines, the counters of their numbers |
| `credit_notes` | credit notes, refunds, voids, write-offs, taxes |
| `options` | rights to buy more, and what became of them |
| `payments` | money that arrived, cards, disputes, what went back |
| `exports` | files of the journal for other programs |
| `top_ups` | credits that were bought by themselves |
| `billing_runs` | what was let out, and what is held |
| `seller` | who issues documents |
| `taxes` | the tax table, certificates, tax ids as checked |
| `use_tax` | credits that are taxed as they are used, by month |
"""

from invoicing.admin import (
    billing_runs,
    credit_notes,
    exports,
    invoices,
    options,
    payments,
    seller,
    taxes,
    top_ups,
    use_tax,
)

__all__ = [
    "billing_runs",
    "credit_notes",
    "exports",
    "invoices",
    "options",
    "payments",
    "seller",
    "taxes",
    "top_ups",
    "use_tax",
]
