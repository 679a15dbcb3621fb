-- Which block paid for which events, as ranges of a pool's line and as single moves; overage has no
-- block. Values are exact: the rows of a cost layer add up to what was released of it.
WITH draws AS (
  SELECT d.customer_id, d.pool_id, d.batch_id, d.events, NULL::bigint AS event_id,
         CASE WHEN g.block_id IS NULL THEN 'OVERAGE' ELSE 'CONSUME' END AS type,
         g.block_id, g.layer_id, d.posting_date, d.revenue_class, d.time_min, d.time_max, d.recorded_at,
         g.r0 + greatest(g.pos, d.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, d.pos_end) - g.pos AS r_to
  FROM ledger_drain AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
  UNION ALL
  SELECT m.customer_id, m.pool_id, NULL, NULL, m.event_id, m.type, m.block_id, m.layer_id,
         m.posting_date, m.revenue_class, m.effective_at, m.effective_at, m.recorded_at,
         m.r0, m.r0 + m.credits
  FROM ledger_move AS m
  WHERE m.event_id IS NOT NULL
)
SELECT d.customer_id, c.code AS customer, d.pool_id, d.block_id, b.source AS block, d.type, d.batch_id,
       d.events, d.event_id, d.r_to - d.r_from AS credits,
       creditops_released(l.cost_minor, l.quantity, d.r_to)
         - creditops_released(l.cost_minor, l.quantity, d.r_from) AS value_minor,
       l.currency, d.posting_date, d.revenue_class, d.time_min, d.time_max, d.recorded_at
FROM draws AS d
JOIN accounts_customer AS c ON c.id = d.customer_id
JOIN ledger_costlayer AS l ON l.customer_id = d.customer_id AND l.id = d.layer_id
LEFT JOIN ledger_block AS b ON b.customer_id = d.customer_id AND b.id = d.block_id
