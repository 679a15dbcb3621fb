"""Benchmarks: ratios of ours to a limit or a peer, measured in one run on one machine.

| file | compares |
|---|---|
| `intake` | taking in usage events with the plainest ways to store the same rows; the recount must agree |
| `balance` | reading a balance with the shortest query there is |
| `history` | a balance and a check after a million events with the same after none |
| `growth` | intake with a hundred times the history with intake after little |
| `workers` | two worker processes with one |
| `checks` | a check while another process takes in usage with `SELECT 1`, and with a check while none does |
| `peers` | intake with other ways to keep credits: a plain ORM loop, pgledger, django-hordak (`peer_...`) |
| `people` | an account of 160,000 people, pooled and per seat, with the plainest way to store the rows |
| `customers` | 100,000 customers, with the same |
| `studies` | a rate card studied on a million events with one aggregate query over them |
| `market`, `book` | what is measured on: a market of customers; one contract |
| `references`, `recount` | the plainest ways to store events; a plain model of what they draw |
| `timing`, `turns`, `crew` | how all of them measure: by turns, in processes beside this one |
"""
