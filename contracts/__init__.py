"""Floor 3: what is sold. Prices and rate cards, contracts and their terms, renewals.

| file | what stands there |
|---|---|
| `prices` | dollar-to-credit: how many credits a currency unit buys, with the tiers of its discount |
| `packs` | sizes of credits at a fixed price |
| `rate_cards` | credit-to-product: versions of rate cards, published down as tariffs |
| `rate_items` | actions that can stand on a card, one by one |
| `catalogue_checks` | what is worth a second look in a catalogue |
| `rate_drafts` | versions before they are published: written, reviewed, published |
| `rate_sheets` | a card as a sheet: pasted, imported, exported |
| `repricing` | a class of actions changed by a percentage |
| `rate_campaigns` | customers are asked which of two rates they want |
| `choice_effects` | what such a choice makes of a customer's own use |
| `lock_words` | by which rates and price a contract is served, and until when these are locked |
| `rate_words` | what actions cost, in the customer's words |
| `terms_of_sale` | the settings that sales decide: life of credits, rollover, payment terms |
| `consumer_credits` | what a consumer pays for may not end too soon |
| `agreements` | contracts are signed, cancelled, end |
| `amendments` | running contracts change: credits added, at their own price or blended |
| `amendment_requests` | additions whose price needs a second person |
| `activation` | a term begins: pools, commitment, blocks, charges |
| `plans` | what is sold by the month, by version; which plan covers a use |
| `subscriptions` | plans paid by card: they begin, change, are cancelled, end |
| `plan_changes` | which plan a subscription's use asks for |
| `free_credits` | promotional, bonus and daily credits are given |
| `renewals` | last year's use becomes next year's commitment |
| `term_ends` | a term ends: renewed, ended, frozen for a grace |
| `quotes` | what is offered: drafted, revised, sent, until it is answered or over |
| `quote_terms`, `quote_words` | what a quote says, as a value and in words; how two versions differ |
| `quote_checks`, `quote_guards` | what can't be offered; what needs a second person |
| `quote_warnings` | what is worth a second look before it is sent |
| `quote_figures` | what a quote comes to: totals, discount, margin, the price of an action |
| `quote_papers`, `quote_links` | the quote on paper; the address by which a customer reads it |
| `quote_answers`, `quote_activation` | accepted, refused, asked about; the contract that it becomes |
| `renewal_quotes` | the pre-filled quote for a renewal |
| `termination` | a contract ends before its term does |
| `commission_plans` | how commission is paid, by version; whose contracts are |
| `commission_figures` | what commission comes to: pure arithmetic |
| `contract_years` | the stretches that commission is settled for |
| `commissions` | commission at close, settled by consumption, restated |
| `commission_standing` | how the commission of contract years stands |
| `commission_statements` | what a rep has earned, risks, was paid and owes; frozen as told |
| `commission_payouts` | commission is paid, clawback netted first |
| `commission_rolls` | how commission moved over a time: what reps have coming, owe back, what it cost |
| `commission_overage` | what of settled commission overage earned |
| `commission_outlook` | contract years that are not settled: earned so far, at risk, held back |
| `commission_disputes` | what reps object to, and the answers |
| `commission_proof` | whether commission follows consumption, from the rows alone |
| `contract_costs` | capitalised commission: amortised, written down |
| `commission_runs` | the commission work that is due |
| `workbench` | from cost and value to base credit, multiples, margins, tiers |
| `action_values` | what product knows of actions before they have a price |
| `fit_signals` | the fit test and the signals of failure, from the books |
| `expiry_letters` | the letter before credits end: how many, what they would still buy, until when |
| `leaving` | what a customer leaves behind who cancels |
| `history` | what happened to a contract, who did it, and its effect |
| `fit` | whether credits fit a product, and how they fail |
| `late_overage` | overage that came after its term was billed |
| `proposal_letters` | the renewal proposal as a document, with its arithmetic in words |
| `growth` | use, new credits, renewals month by month; signs of failing |
| `exposure` | how far running terms may still go beyond what was paid |
| `mix` | what a mix of actions comes to in credits and money |
| `maturity` | how long deferred credits may last |
| `studies` | a draft on past usage: credits, money, run-out and renewal, before and after |
| `study_facts` | what a study has to know beside the usage |
| `standing` | how a contract stands: terms, overage, warnings |
"""
