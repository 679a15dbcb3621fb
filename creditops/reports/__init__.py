"""Reports of finance: each a question to the books, with a check that ties its figures to the ledger.

All have one frame: as of a day or over a time, as known at an instant; on screen, as CSV, XLSX and PDF.

| file | what stands there |
|---|---|
| `frame` | what a report is made of, and what is asked |
| `catalogue` | all reports, by section; a new one is one line here |
| `files`, `paper` | the same report as CSV and XLSX; as PDF |
| `naming` | whose and what: customers, contracts, by number |
| `words` | how figures are written, and in which circumstances they hold |
| `deferral` | deferred revenue: its roll-forward by customer, block and age |
| `lasting` | current or not, still to be delivered, ending soon, years of receipt |
| `breaking` | breakage by cohort, estimate against actual |
| `earning` | revenue by category, product, customer; free credits; trial balance |
| `owing` | receivables by age, what is not billed yet, overage against its cap, tax, commitments |
| `rewarding` | commission: coming to reps and owed back, at risk, capitalised |
| `growing` | growth month by month; signals of failure |
| `closing` | reconciliations of a month |
"""
