-- Account 2150 of a customer is what its credit notes owe it and was not refunded yet, and what it has on
-- account, in each currency.
WITH owed AS (
  SELECT customer_id, currency, sum(minor) AS minor
  FROM (
    SELECT n.customer_id, n.currency, n.refundable_minor - coalesce(r.amount, 0) AS minor
    FROM invoicing_creditnote AS n
    LEFT JOIN (
      SELECT note_id, sum(amount_minor) AS amount FROM invoicing_refund GROUP BY note_id
    ) AS r ON r.note_id = n.id
    UNION ALL
    SELECT customer_id, currency, invoicing_receipt_rest(id) FROM invoicing_receipt
  ) AS each
  GROUP BY customer_id, currency
),
posted AS (
  SELECT e.customer_id, coalesce(nullif(l.transaction_currency, ''), l.currency) AS currency,
         sum(coalesce(-l.transaction_minor, l.credit_minor::bigint - l.debit_minor::bigint)) AS minor
  FROM ledger_journalentry AS e
  JOIN ledger_journalline AS l ON l.entry_id = e.id
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code = '2150'
  WHERE e.customer_id IS NOT NULL
  GROUP BY 1, 2
)
SELECT format('customer %s', coalesce(o.customer_id, p.customer_id)),
       format('its credit notes and receipts owe it %s, the refund liability is %s (minor units of %s)',
              coalesce(o.minor, 0), coalesce(p.minor, 0), coalesce(o.currency, p.currency))
FROM owed AS o FULL JOIN posted AS p ON p.customer_id = o.customer_id AND p.currency = o.currency
WHERE coalesce(o.minor, 0) <> coalesce(p.minor, 0)
