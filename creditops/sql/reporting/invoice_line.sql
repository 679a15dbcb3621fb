SELECT i.customer_id, l.invoice_id, i.number, l.position, l.kind, l.text, l.credits, l.unit_price,
       l.amount_minor, i.currency, l.period_from, l.period_to, l.block_id,
       coalesce(l.taxed_minor, l.amount_minor) AS taxed_minor
FROM invoicing_invoiceline AS l
JOIN invoicing_invoice AS i ON i.id = l.invoice_id
