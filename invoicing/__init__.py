"""Floor 4: what is billed and paid.

| file | what stands there |
|---|---|
| `seller`, `logos` | who issues documents: the vendor's legal entity, and its picture |
| `tax`, `tax_rates`, `exemptions` | which tax a customer's documents carry; the table; certificates |
| `tax_months`, `taxable_use`, `tax_on_use` | credits taxed as they are used: by month, of what, how |
| `use_tax_notes` | what of such a tax goes back, since less was used in the end |
| `tax_ids`, `vies` | tax ids checked, with the evidence; the authority that may be asked |
| `numbering` | gapless numbers per series and year |
| `issuing` | documents are issued: frozen, numbered, posted, rendered later |
| `billing` | scheduled charges become invoices, one per contract and billing instant |
| `billing_runs` | what waits is looked at, then let out; what is held, and why |
| `purchases`, `charged_orders` | credits bought at once, top-ups; those that wait for a card's charge |
| `subscribing` | subscriptions begin, and move to larger plans |
| `plan_charges` | what subscriptions owe is collected, by card or as it arrives |
| `period_ends`, `grace_charges` | what the ends of periods and graces ask for |
| `card_retries` | a declined card: tried again, suspended, recovered |
| `auto_top_ups`, `top_up_rules` | credits are bought by themselves when few are left; by what rule |
| `letters` | charges of subscriptions are announced and explained |
| `downgrades` | credits of a running term are given back |
| `options` | rights to buy more at a discount, sold with credits: used, lapsed |
| `ad_hoc` | invoices written by hand, line by line |
| `sold`, `credit_notes`, `voids` | what an invoice sold and what of it can go back; how it does |
| `overage_notes`, `grace_notes` | billed overage and grace use that were corrected to less |
| `note_entries`, `note_papers` | what credit notes post and print |
| `translation` | what documents are in the books' currency |
| `refunds`, `write_offs` | money goes back, or is given up |
| `settling`, `unpaid_credits` | what the end of a debt sets free; what its delay suspends |
| `late_interest`, `interest_bills` | what late payment costs, and the bill for it |
| `dunning_plan`, `dunning`, `ageing`, `expected_losses` | reminders; age of debts, and losses expected |
| `bank_statements`, `bank_lines` | what a bank's file says; its lines placed |
| `journal_exports`, `export_forms`, `datev_form`, `export_accounts` | the journal for other programs |
| `receipts`, `payments` | money arrives and is placed on invoices |
| `money_on_account` | what arrived and settled nothing yet: a customer's, until it is used or paid back |
| `cards`, `charges`, `card_refunds` | cards on file; charges of them, rows first; what goes back to them |
| `gateway`, `house_gateway`, `stripe_gateway` | the port of card gateways, and its two adapters |
| `gateway_news`, `charge_letters`, `disputes` | what gateways and we tell; who says it is not owed |
| `refunds`, `write_offs`, `losses` | money goes back, or is given up; what of overage was lost |
| `settling`, `late_interest` | what the end of a debt sets free; what its delay costs |
| `payments`, `cards` | money arrives; cards are charged through a gateway |
| `deferral` | where deferred revenue and credits are not born at once |
| `outstanding` | what is owed, committed and taxed as of a day, as known then |
| `documents` | what a document says and how it stands |
| `rendering`, `line_lists` | the PDF, once, stored with its hash; long invoices' lines as CSV |
| `receipt_papers` | payments confirmed on paper |
| `account_statements`, `usage_statements` | what was charged and paid; what was used, event by event |
| `sale_notes` | what a buyer of credits should know, in sentences |
| `e_invoices`, `cii`, `facturx` | documents as EN 16931 has them; their XML; the PDF that carries it |
"""
