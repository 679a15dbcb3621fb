-- Capitalised commission from %(first)s through %(last)s, term by term, in minor units of the books' currency, as
-- posted by %(known_at)s: what was still an asset, what closes added, what contract years' ends changed, what was
-- amortised, what was written down. Steps are cumulative; each counts on its posting date by what it changes.
WITH steps AS (
  SELECT s.asset_id, s.no, s.kind, s.posting_date,
         s.cost_functional_minor - lag(s.cost_functional_minor, 1, 0::bigint) OVER w AS cost,
         s.amortised_functional_minor - lag(s.amortised_functional_minor, 1, 0::bigint) OVER w AS expensed
  FROM contracts_contractcoststep AS s
  WHERE s.recorded_at <= %(known_at)s
  WINDOW w AS (PARTITION BY s.asset_id ORDER BY s.no)
),
assets AS (
  SELECT s.asset_id,
         coalesce(sum(s.cost - s.expensed) FILTER (WHERE s.posting_date < %(first)s), 0) AS opening,
         coalesce(sum(s.cost) FILTER (WHERE s.posting_date >= %(first)s AND s.no = 1), 0) AS added,
         coalesce(sum(s.cost) FILTER (WHERE s.posting_date >= %(first)s AND s.no > 1), 0) AS changed,
         coalesce(sum(s.expensed) FILTER (WHERE s.posting_date >= %(first)s AND s.kind <> 'impaired'), 0)
           AS amortised,
         coalesce(sum(s.expensed) FILTER (WHERE s.posting_date >= %(first)s AND s.kind = 'impaired'), 0)
           AS written_down
  FROM steps AS s
  WHERE s.posting_date <= %(last)s
  GROUP BY s.asset_id
)
SELECT c.customer_id, c.code, plan.name, k.starts_on, s.opening::bigint, s.added::bigint, s.changed::bigint,
       s.amortised::bigint, s.written_down::bigint
FROM assets AS s
JOIN contracts_contractcost AS k ON k.id = s.asset_id
JOIN contracts_contract AS c ON c.id = k.contract_id
JOIN contracts_commissionevent AS close ON close.id = k.close_id
JOIN contracts_commissionplanversion AS v ON v.id = close.version_id
JOIN contracts_commissionplan AS plan ON plan.id = v.plan_id
WHERE s.opening <> 0 OR s.added <> 0 OR s.changed <> 0 OR s.amortised <> 0 OR s.written_down <> 0
ORDER BY c.code, k.starts_on, k.id
