-- Commission per rep, plan and contract, in minor units of the books' currency, as posted by %(known_at)s: what
-- was granted and what is to be given back before %(first)s, and from then through %(last)s what closes granted,
-- what contract years granted beyond that (their ends, restatements), and what was taken back; and which of it was
-- expensed at once, without a capitalised cost of the term. A part moves one way only, up or down.
WITH parts AS (
  SELECT p.rep, e.contract_id, v.plan_id, e.posting_date < %(first)s AS before, e.kind = 'close' AS at_close,
         CASE WHEN p.total_minor > p.before_minor THEN p.functional_minor ELSE 0 END AS up,
         CASE WHEN p.total_minor < p.before_minor THEN p.functional_minor ELSE 0 END AS down,
         cost.term_id IS NULL AS expensed
  FROM contracts_commissionevent AS e
  JOIN contracts_commissionpart AS p ON p.event_id = e.id
  JOIN contracts_commissionplanversion AS v ON v.id = e.version_id
  LEFT JOIN (
    SELECT close.contract_id, close.term_id
    FROM contracts_contractcost AS k JOIN contracts_commissionevent AS close ON close.id = k.close_id
  ) AS cost ON cost.contract_id = e.contract_id AND cost.term_id = e.term_id
  WHERE e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
)
SELECT p.rep, plan.id, plan.name, c.customer_id, c.id, c.code,
       coalesce(sum(p.up) FILTER (WHERE p.before), 0)::bigint,
       coalesce(sum(p.down) FILTER (WHERE p.before), 0)::bigint,
       coalesce(sum(p.up) FILTER (WHERE NOT p.before AND p.at_close), 0)::bigint,
       coalesce(sum(p.up) FILTER (WHERE NOT p.before AND NOT p.at_close), 0)::bigint,
       coalesce(sum(p.down) FILTER (WHERE NOT p.before), 0)::bigint,
       coalesce(sum(p.up - p.down) FILTER (WHERE NOT p.before AND p.expensed), 0)::bigint
FROM parts AS p
JOIN contracts_contract AS c ON c.id = p.contract_id
JOIN contracts_commissionplan AS plan ON plan.id = p.plan_id
GROUP BY p.rep, plan.name, plan.id, c.customer_id, c.id, c.code
ORDER BY p.rep, plan.name, c.code
