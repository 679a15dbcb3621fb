-- Capitalised commission less what is expensed of it is account 1300, per customer.
WITH newest AS (
  SELECT DISTINCT ON (s.asset_id) s.asset_id,
         s.cost_functional_minor - s.amortised_functional_minor AS carrying
  FROM contracts_contractcoststep AS s ORDER BY s.asset_id, s.no DESC
),
told AS (
  SELECT c.customer_id, sum(n.carrying) AS carrying
  FROM newest AS n
  JOIN contracts_contractcost AS a ON a.id = n.asset_id
  JOIN contracts_contract AS c ON c.id = a.contract_id
  GROUP BY c.customer_id
),
posted AS (
  SELECT e.customer_id, sum(l.debit_minor - l.credit_minor) AS carrying
  FROM ledger_journalline AS l
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code = '1300'
  JOIN ledger_journalentry AS e ON e.id = l.entry_id
  GROUP BY e.customer_id
)
SELECT 'customer ' || coalesce(t.customer_id, p.customer_id),
       'account 1300 is ' || coalesce(p.carrying, 0) || ', its contract costs are '
         || coalesce(t.carrying, 0) || ' (minor units)'
FROM told AS t FULL JOIN posted AS p ON p.customer_id = t.customer_id
WHERE coalesce(t.carrying, 0) <> coalesce(p.carrying, 0)
ORDER BY 1
