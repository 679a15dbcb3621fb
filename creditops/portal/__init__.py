"""What a customer's people see: their credits, where they went, when they run out; and what they buy.

| file | what stands there |
|---|---|
| `urls`, `doors`, `views` | the doors: each finds its visitor, asks one module below, renders |
| `checkout` | the doors that buy, change, cancel and pay: what it costs before, one call into work |
| `shop`, `leaving` | what can be bought and how subscriptions stand; what one who cancels still has |
| `visitor` | who looks, at which customer, and whether they see money |
| `overview` | the first screen: one card per contract and unit, assembled from the parts below |
| `facts`, `cards` | what the rows say about a pool; how it stands, in words and pictures |
| `blocks`, `outlook` | its blocks, and when it runs out |
| `credit_prices`, `rules` | what credits cost and how they behave, in words |
| `usage`, `events` | where credits went, down to one event and the blocks that paid for it |
| `invoices`, `renewal` | what is owed; what the next term would be |
| `quotes` | the quotes that a customer got |
| `agreements`, `agreement_views` | cancelling a renewal with what it leaves behind; rights to buy more |
| `offer`, `offer_views` | the quote behind a link, read and answered without a login |
| `statement` | every movement as CSV |
| `amounts` | money as templates print it |
"""
