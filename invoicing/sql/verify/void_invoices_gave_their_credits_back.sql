-- Of a void invoice every credit was taken back, and nothing of it stands in the journal, in its currency.
WITH sold AS (
  SELECT v.invoice_id, b.customer_id, b.id, b.granted
  FROM invoicing_invoicevoid AS v
  JOIN invoicing_invoiceline AS l ON l.invoice_id = v.invoice_id
  JOIN invoicing_invoice AS i ON i.id = v.invoice_id
  JOIN ledger_block AS b ON b.customer_id = i.customer_id AND b.id = l.block_id
),
journal AS (
  SELECT i.id AS invoice_id, a.code, 
         sum(coalesce(l.transaction_minor, l.debit_minor - l.credit_minor)) AS minor
  FROM invoicing_invoicevoid AS v
  JOIN invoicing_invoice AS i ON i.id = v.invoice_id
  JOIN ledger_journalentry AS e
    ON e.source IN ('invoice:' || i.number || ':receivable', 'invoice:' || i.number || ':void')
  JOIN ledger_journalline AS l ON l.entry_id = e.id
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code <> '7100'
  GROUP BY i.id, a.code
)
SELECT format('invoice %s', i.number),
       format('block %s granted %s, taken back %s', s.id, s.granted, coalesce(m.credits, 0))
FROM sold AS s
JOIN invoicing_invoice AS i ON i.id = s.invoice_id
LEFT JOIN (
  SELECT customer_id, block_id, sum(credits) AS credits FROM ledger_move
  WHERE type = 'REVOKE' GROUP BY customer_id, block_id
) AS m ON m.customer_id = s.customer_id AND m.block_id = s.id
WHERE coalesce(m.credits, 0) <> s.granted
UNION ALL
SELECT format('invoice %s', i.number), format('%s are left on account %s', j.minor, j.code)
FROM journal AS j JOIN invoicing_invoice AS i ON i.id = j.invoice_id
WHERE j.minor <> 0
