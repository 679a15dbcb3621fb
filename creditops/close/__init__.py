"""The close of a month: what is looked at before, and the act itself, over all floors.

| file | what stands there |
|---|---|
| `reconciliations` | the ledger beside the rows that it follows from, account by account (Z4) |
| `points` | the checklist: what may not be open, what somebody has to have looked at |
| `month_end` | begins, closes, with the checklist kept |
"""
