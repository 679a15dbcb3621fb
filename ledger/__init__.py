"""Floor 2: the books of credits and money. docs/ledger.md tells how the consumption line works.

| file | what stands there |
|---|---|
| `units`, `meters`, `tariffs` | what is counted, and what an action costs |
| `rate_choices` | the old rate or the improved one: the customer chooses |
| `rating` | from an event to credits, exactly |
| `holders`, `terms`, `caps` | who holds pools; their terms; how far they may overdraw |
| `limits` | the settings that the ledger obeys |
| `line` | the heart: how events are placed on a pool's line, in memory, pure |
| `pool_books` | reads a pool into memory under its lock, and writes back what happened |
| `grants`, `expiry` | blocks are born, roll over, end |
| `daily_credits`, `daily_rules` | a block for every local day |
| `metering`, `drawdown` | events in, and credits drawn, one transaction per batch |
| `punctuality` | what is due for a customer is done before its usage is judged |
| `closed_terms` | word of late overage is left for those who bill |
| `holds`, `hold_ends` | credits set aside before work, captured as an event or given back |
| `seats` | an allowance per user and month inside a pool |
| `entitlements` | flat fees and licences, paid with credits, earned by day |
| `corrections` | events made smaller, larger, void |
| `balances`, `movements`, `explain` | reads: how many, what happened, who paid for what |
| `daily_balances`, `event_lists`, `usage_reports` | reads for pages: day by day, event by event, by feature |
| `concentration` | how use is spread over users |
| `thresholds`, `alerts` | 50, 80, 95 % and exhausted: noticed, then told |
| `provider_costs` | what providers charge for what is passed on at zero markup |
| `books`, `chart`, `journal`, `posting`, `periods` | double entry: accounts, entries, usage, months |
| `verification` | proves all of it |
"""
