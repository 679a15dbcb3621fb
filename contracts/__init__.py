"""Floor 3: what is sold. Prices and rate cards, contracts and their terms, renewals.

| file | what stands there |
|---|---|
| `prices` | dollar-to-credit: how many credits a currency unit buys |
| `rate_cards` | credit-to-product: versions of rate cards, published down as tariffs |
| `rate_words` | what actions cost, in the customer's words |
| `terms_of_sale` | the settings that sales decide: life of credits, rollover, payment terms |
| `agreements` | contracts are signed, cancelled, end |
| `activation` | a term begins: pools, commitment, blocks, charges |
| `free_credits` | promotional, bonus and daily credits are given |
| `renewals` | last year's use becomes next year's commitment |
| `term_ends` | a term ends: renewed, ended, frozen for a grace |
| `late_overage` | overage that came after its term was billed |
| `proposal_letters` | the renewal proposal as a document, with its arithmetic in words |
| `maturity` | how long deferred credits may last |
| `standing` | how a contract stands: terms, overage, warnings |
"""
