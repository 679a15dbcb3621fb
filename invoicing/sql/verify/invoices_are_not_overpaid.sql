-- The payments of an invoice are in its currency and never more than its total.
SELECT format('invoice %s', i.number),
       format('%s paid of %s (minor units)', sum(p.amount_minor), i.total_minor)
FROM invoicing_invoice AS i
JOIN invoicing_payment AS p ON p.invoice_id = i.id
GROUP BY i.id
HAVING sum(p.amount_minor) > i.total_minor OR bool_or(p.currency <> i.currency)
