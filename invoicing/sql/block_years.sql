-- In which year the first money for a block came, in the books' zone, as known at %(known_at)s.
WITH paid AS (
  SELECT p.invoice_id, min(extract(year FROM p.paid_at AT TIME ZONE %(zone)s)::integer) AS year
  FROM invoicing_payment AS p
  WHERE p.recorded_at <= %(known_at)s AND (p.paid_at AT TIME ZONE %(zone)s)::date <= %(last)s
  GROUP BY p.invoice_id
)
SELECT i.customer_id, block.id, min(paid.year)
FROM paid
JOIN invoicing_invoice AS i ON i.id = paid.invoice_id
JOIN invoicing_invoiceline AS line ON line.invoice_id = i.id AND line.kind = ANY (%(kinds)s::text[])
LEFT JOIN contracts_scheduledcharge AS charge ON charge.id = line.charge_id
JOIN ledger_block AS block
  ON block.customer_id = i.customer_id
 AND (block.id = line.block_id OR line.block_id IS NULL AND block.term_id = charge.term_id
        AND block.kind IN ('paid', 'bonus'))
GROUP BY i.customer_id, block.id
