-- What flat fees and licences were worth that were drawn through %(last)s by posting date, less what their days
-- have earned by then, as known at %(known_at)s; in minor units. One row.
WITH pieces AS (
  SELECT d.customer_id, g.layer_id, CASE WHEN g.block_id IS NULL THEN d.time_min END AS abroad_at,
         g.r0 + greatest(g.pos, d.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, d.pos_end) - g.pos AS r_to
  FROM ledger_drain AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
  LEFT JOIN ledger_block AS b ON b.customer_id = g.customer_id AND b.id = g.block_id
  WHERE d.revenue_class = 'entitled' AND d.posting_date <= %(last)s AND d.recorded_at <= %(known_at)s
    AND b.breakage IS DISTINCT FROM 'PROPORTIONAL'
  UNION ALL
  SELECT m.customer_id, m.layer_id, CASE WHEN m.block_id IS NULL THEN m.effective_at END, m.r0, m.r0 + m.credits
  FROM ledger_move AS m
  LEFT JOIN ledger_block AS b ON b.customer_id = m.customer_id AND b.id = m.block_id
  WHERE m.revenue_class = 'entitled' AND (m.type LIKE 'CONSUME%%' OR m.type LIKE 'OVERAGE%%')
    AND m.posting_date <= %(last)s AND m.recorded_at <= %(known_at)s
    AND b.breakage IS DISTINCT FROM 'PROPORTIONAL'
),
drawn AS (
  SELECT coalesce(sum(CASE WHEN p.abroad_at IS NULL THEN
             creditops_released(k.cost_functional_minor, k.quantity, p.r_to)
               - creditops_released(k.cost_functional_minor, k.quantity, p.r_from)
           ELSE creditops_functional(creditops_released(k.cost_minor, k.quantity, p.r_to)
               - creditops_released(k.cost_minor, k.quantity, p.r_from), k.currency, p.abroad_at)
           END), 0) AS value
  FROM pieces AS p
  JOIN ledger_costlayer AS k ON k.customer_id = p.customer_id AND k.id = p.layer_id
),
earned AS (
  SELECT coalesce(sum(newest.cumulative_minor), 0) AS value
  FROM ledger_entitlement AS e
  JOIN LATERAL (
    SELECT r.cumulative_minor FROM ledger_entitlementrelease AS r
    LEFT JOIN ledger_journalentry AS j
      ON j.source = 'entitlement:' || r.customer_id || ':' || r.entitlement_id || ':' || r.through
    WHERE r.customer_id = e.customer_id AND r.entitlement_id = e.id
      AND coalesce(j.posting_date, r.through) <= %(last)s
      AND r.recorded_at <= %(known_at)s
    ORDER BY r.through DESC LIMIT 1
  ) AS newest ON true
)
SELECT (drawn.value - earned.value)::bigint FROM drawn, earned
