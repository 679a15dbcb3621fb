-- What reps were granted and are to give back, less payouts, is what the books owe them and have coming:
-- accounts 2300 and 1350.
WITH told AS (
  SELECT coalesce(sum(functional_minor) FILTER (WHERE total_minor > before_minor), 0)
           - (SELECT coalesce(sum(gross_functional_minor), 0) FROM contracts_commissionpayout) AS payable,
         coalesce(sum(functional_minor) FILTER (WHERE total_minor < before_minor), 0)
           - (SELECT coalesce(sum(netted_functional_minor), 0) FROM contracts_commissionpayout) AS owed
  FROM contracts_commissionpart
),
posted AS (
  SELECT coalesce(sum(l.credit_minor - l.debit_minor) FILTER (WHERE a.code = '2300'), 0) AS payable,
         coalesce(sum(l.debit_minor - l.credit_minor) FILTER (WHERE a.code = '1350'), 0) AS owed
  FROM ledger_journalline AS l
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code IN ('2300', '1350')
)
SELECT 'account 2300', 'is ' || p.payable || ', commission open for payment is ' || t.payable
       || ' (minor units)'
FROM told AS t, posted AS p WHERE p.payable <> t.payable
UNION ALL
SELECT 'account 1350', 'is ' || p.owed || ', commission to be taken back is ' || t.owed
       || ' (minor units)'
FROM told AS t, posted AS p WHERE p.owed <> t.owed
