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
| `respread` | what paid credits still defer is spread over free ones too |
| `expiry_marks`, `expiry_notices` | so many days before credits end their customer is told |
| `daily_credits`, `daily_rules` | a block for every local day |
| `metering`, `drawdown` | events in, and credits drawn, one transaction per batch |
| `punctuality` | what is due for a customer is done before its usage is judged |
| `closed_terms` | word of late overage is left for those who bill |
| `holds`, `hold_ends` | credits set aside before work, captured as an event or given back |
| `seats` | an allowance per user and month inside a pool |
| `entitlements` | flat fees and licences, paid with credits, earned by day |
| `corrections` | events made smaller, larger, void |
| `balances`, `movements`, `explain` | reads: how many, what happened, who paid for what |
| `block_values` | what blocks still carry of what was paid for them |
| `block_rolls` | what was deferred block by block over a time, as known then |
| `daily_balances`, `event_lists`, `usage_reports` | reads for pages: day by day, event by event, by feature |
| `limit_reports` | which share of customers stayed under their limit |
| `usage_volumes` | use in groups that can be priced anew, for studies |
| `concentration` | how use is spread over users |
| `consumed_value` | what was used of paid credits, in money |
| `graces`, `grace_ends` | a subscription's grace: how it is settled, when it ends |
| `top_up_needs` | word is left that credits are to be bought |
| `thresholds`, `alerts` | 50, 80, 95 % and exhausted: noticed, then told |
| `meter_uses` | what use was worth by meter |
| `earnings` | what free credits did, what overage came to |
| `provider_costs` | what providers charge for what is passed on at zero markup |
| `books`, `chart`, `journal`, `posting`, `periods` | double entry: accounts, entries, usage, months |
| `recipes` | the catalogue of postings |
| `statements`, `closing` | what the journal says; months are closed, and opened again by two |
| `exchange`, `exchange_files`, `open_items`, `remeasurement` | rates between currencies, what is owed |
| `recognition`, `breakage` | what is never used, earned in proportion to use |
| `cohorts` | credits sold alike, how they were used, estimates of all of them |
| `verification` | proves all of it |
"""
