-- Account 1100 of a customer is what is open of its invoices whose right to the money is posted, in each
-- currency (Z4).
WITH documents AS (
  SELECT i.customer_id, i.currency, sum(invoicing_open(i.id)) AS minor
  FROM invoicing_invoice AS i
  JOIN ledger_journalentry AS e ON e.source = 'invoice:' || i.number || ':receivable'
  GROUP BY i.customer_id, i.currency
),
posted AS (
  SELECT e.customer_id, coalesce(nullif(l.transaction_currency, ''), l.currency) AS currency,
         sum(coalesce(l.transaction_minor, l.debit_minor::bigint - l.credit_minor::bigint)) AS minor
  FROM ledger_journalentry AS e
  JOIN ledger_journalline AS l ON l.entry_id = e.id
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code = '1100'
  WHERE e.customer_id IS NOT NULL
  GROUP BY 1, 2
)
SELECT format('customer %s', coalesce(d.customer_id, p.customer_id)),
       format('%s of its invoices are open, its receivables are %s (minor units of %s)',
              coalesce(d.minor, 0), coalesce(p.minor, 0), coalesce(d.currency, p.currency))
FROM documents AS d FULL JOIN posted AS p ON p.customer_id = d.customer_id AND p.currency = d.currency
WHERE coalesce(d.minor, 0) <> coalesce(p.minor, 0)
