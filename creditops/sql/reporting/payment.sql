SELECT i.customer_id, p.id AS payment_id, p.invoice_id, i.number, p.amount_minor, p.currency, p.method,
       p.reference, p.paid_at, p.recorded_at, p.recorded_by
FROM invoicing_payment AS p
JOIN invoicing_invoice AS i ON i.id = p.invoice_id
