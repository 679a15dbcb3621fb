-- Payments of an invoice are in its currency, and with what credit notes and a void took off never more
-- than its total; all its credit notes together neither.
SELECT format('invoice %s', i.number),
       format('%s paid of %s (minor units)', coalesce(p.amount, 0), i.total_minor)
FROM invoicing_invoice AS i
LEFT JOIN (
  SELECT p.invoice_id, sum(p.amount_minor - coalesce(c.amount_minor, 0)) AS amount,
         array_agg(DISTINCT p.currency) AS currencies
  FROM invoicing_payment AS p LEFT JOIN invoicing_chargeback AS c ON c.payment_id = p.id
  GROUP BY p.invoice_id
) AS p ON p.invoice_id = i.id
LEFT JOIN (
  SELECT invoice_id, sum(receivable_minor) AS receivable, sum(total_minor) AS total
  FROM invoicing_creditnote GROUP BY invoice_id
) AS n ON n.invoice_id = i.id
LEFT JOIN invoicing_invoicevoid AS v ON v.invoice_id = i.id
WHERE coalesce(p.amount, 0) + coalesce(n.receivable, 0) + coalesce(v.amount_minor, 0) > i.total_minor
   OR coalesce(n.total, 0) > i.total_minor
   OR p.currencies <> ARRAY[i.currency]
