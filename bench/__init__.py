"""Benchmarks: ratios of ours to a limit or a peer, measured in one run on one machine.

| file | compares |
|---|---|
| `intake` | taking in usage events with the bare COPY of the rows that they become |
| `balance` | reading a balance with the shortest query there is |
| `timing` | how all of them measure |
"""
