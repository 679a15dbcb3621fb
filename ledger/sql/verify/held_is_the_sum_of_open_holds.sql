-- What a pool holds is the sum of its holds that did not end, and none of those ends before the pool
-- looks for ended ones.
SELECT format('pool %s', s.pool_id),
       format('holds %s, its open holds %s; the first ends at %s, it looks at %s',
              s.held, coalesce(h.credits, 0), h.first_end, s.lapse_at)
FROM ledger_poolstate AS s
LEFT JOIN (
  SELECT h.customer_id, h.pool_id, sum(h.credits) AS credits, min(h.expires_at) AS first_end
  FROM ledger_hold AS h
  WHERE NOT EXISTS (
    SELECT FROM ledger_holdend AS e WHERE e.customer_id = h.customer_id AND e.hold_id = h.id
  )
  GROUP BY h.customer_id, h.pool_id
) AS h ON h.customer_id = s.customer_id AND h.pool_id = s.pool_id
WHERE s.held <> coalesce(h.credits, 0)
   OR (h.first_end IS NOT NULL AND (s.lapse_at IS NULL OR s.lapse_at > h.first_end))
ORDER BY s.customer_id, s.pool_id
