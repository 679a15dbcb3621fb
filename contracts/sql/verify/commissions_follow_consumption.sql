-- Commission of a contract year that was settled is its rate applied to its base, within the bounds that its
-- plan sets (invariant 10): rounded once, so within one minor unit.
WITH last AS (
  SELECT DISTINCT ON (e.contract_id, e.year) e.*
  FROM contracts_commissionevent AS e
  ORDER BY e.contract_id, e.year, e.no DESC
)
SELECT 'commission of ' || c.code || ', year ' || l.year,
       'comes to ' || l.total_minor || ', its rate of ' || l.base_minor || ' to '
         || round(l.base_minor * v.rate_pct / 100) || ' (minor units)'
FROM last AS l
JOIN contracts_contract AS c ON c.id = l.contract_id
JOIN contracts_commissionplanversion AS v ON v.id = l.version_id
WHERE l.kind <> 'close'
  AND v.cap_pct IS NULL AND v.floor_pct IS NULL AND v.clawback_limit_pct IS NULL
  AND abs(l.total_minor - l.base_minor * v.rate_pct / 100) >= 1
ORDER BY c.code, l.year
