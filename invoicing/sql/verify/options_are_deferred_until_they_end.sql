-- Account 2110 of a customer is what was paid for its rights to buy more that were neither used nor have
-- lapsed (V6, JE-34).
WITH open AS (
  SELECT o.customer_id, sum(o.allocated_functional_minor) AS minor
  FROM invoicing_purchaseoption AS o
  WHERE NOT EXISTS (SELECT FROM invoicing_optionend AS e WHERE e.option_id = o.id)
  GROUP BY o.customer_id
),
posted AS (
  SELECT e.customer_id, sum(l.credit_minor - l.debit_minor) AS minor
  FROM ledger_journalentry AS e
  JOIN ledger_journalline AS l ON l.entry_id = e.id
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code = '2110'
  WHERE e.customer_id IS NOT NULL
  GROUP BY e.customer_id
)
SELECT format('customer %s', coalesce(o.customer_id, p.customer_id)),
       format('%s was paid for its open rights, account 2110 is %s (minor units)',
              coalesce(o.minor, 0), coalesce(p.minor, 0))
FROM open AS o FULL JOIN posted AS p ON p.customer_id = o.customer_id
WHERE coalesce(o.minor, 0) <> coalesce(p.minor, 0)
