"""What staff may do, each a form, a confirmation in figures, and one call into work.

| file | what stands there |
|---|---|
| `deed`, `page` | what an act is; its pages |
| `customers` | new customers, and their people let in |
| `amendments` | credits added to contracts, given back; rights used |
| `contracts` | sign, cancel, renew; caps; choices of rates |
| `commissions` | commission plans, whose contracts are, years restated |
| `commission_pay` | commission statements frozen, paid, disputed |
| `credits` | free credits, sold credits, daily ones ended |
| `entitlements` | features unlocked, licences charged |
| `currencies` | rates between currencies published, imported |
| `money` | bill what waits, record payments |
| `billing` | billing runs |
| `taxes` | tax rates, certificates of exemption, tax ids checked |
| `revenue` | estimates of breakage asked for |
| `collecting` | disputes, late interest, expected losses, bank statements, cards charged |
| `receipts` | money that arrived: placed, used, paid back |
| `taking_back` | voids, credit notes, refunds, write-offs; invoices by hand |
| `usage` | events corrected and made void, holds released |
| `quotes` | quotes sent, linked, cloned, answered about, made into contracts; renewals quoted |
| `pricing`, `packs` | prices and rate cards published; packs put on sale and taken off |
| `subscriptions` | plans published; subscriptions begun, changed, cancelled, paid |
| `house` | approvals decided, months closed |
| `settings` | changes of settings asked for, and agreed to |
| `keys` | API keys made and revoked |
"""
