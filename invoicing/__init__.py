"""Floor 4: what is billed and paid.

| file | what stands there |
|---|---|
| `seller` | who issues documents: the vendor's legal entity |
| `tax` | which rate a customer's documents carry |
| `numbering` | gapless numbers per series and year |
| `issuing` | documents are issued: frozen, numbered, posted, rendered later |
| `billing` | the billing run: scheduled charges become invoices |
| `purchases` | credits bought at once, and top-ups of a contract |
| `payments`, `cards` | money arrives; cards are charged through a gateway |
| `deferral` | where deferred revenue and credits are not born at once |
| `documents` | what a document says and how it stands |
| `rendering`, `line_lists` | the PDF, once, stored with its hash; long invoices' lines as CSV |
"""
