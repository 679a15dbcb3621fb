-- What these pools have drawn and moved beyond their posting marks, valued: per posting date, kind
-- and revenue class. The value of a piece is the difference of two roundings of its cost layer (M4),
-- so the pieces of a block add up to its cost however they are cut. Credits taken back are not here:
-- the document that takes them back posts them.
WITH marks AS (
  SELECT s.customer_id, s.pool_id, s.posted_pos, s.posted_seq
  FROM ledger_poolstate AS s
  WHERE s.customer_id = ANY (%(customers)s::bigint[]) AND s.pool_id = ANY (%(pools)s::bigint[])
),
line_pieces AS (
  SELECT d.customer_id, d.pool_id, d.posting_date, d.revenue_class, d.time_min,
         CASE WHEN g.block_id IS NULL THEN 'OVERAGE' ELSE 'CONSUME' END AS type,
         g.block_id, g.layer_id,
         g.r0 + greatest(g.pos, d.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, d.pos_end) - g.pos AS r_to,
         false AS late
  FROM marks AS m
  JOIN ledger_drain AS d
    ON d.customer_id = m.customer_id AND d.pool_id = m.pool_id AND d.line = 0
   AND d.pos >= m.posted_pos
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
),
move_pieces AS (
  SELECT v.customer_id, v.pool_id, v.posting_date, v.revenue_class, v.effective_at, v.type,
         v.block_id, v.layer_id, v.r0, v.r0 + v.credits, v.late
  FROM marks AS m
  JOIN ledger_move AS v
    ON v.customer_id = m.customer_id AND v.pool_id = m.pool_id AND v.seq > m.posted_seq
   AND v.type NOT IN ('REVOKE', 'REVOKE_REVERSAL')
),
pieces AS (SELECT * FROM line_pieces UNION ALL SELECT * FROM move_pieces)
SELECT p.customer_id, p.pool_id, p.posting_date, p.type, p.revenue_class, block.promo_policy,
       sum(creditops_released(l.cost_functional_minor, l.quantity, p.r_to)
         - creditops_released(l.cost_functional_minor, l.quantity, p.r_from))::bigint,
       sum(p.r_to - p.r_from)::bigint,
       min(p.time_min)
FROM pieces AS p
JOIN ledger_costlayer AS l ON l.customer_id = p.customer_id AND l.id = p.layer_id
LEFT JOIN ledger_block AS block ON block.customer_id = p.customer_id AND block.id = p.block_id
GROUP BY p.customer_id, p.pool_id, p.posting_date, p.type, p.revenue_class, block.promo_policy
ORDER BY p.customer_id, p.pool_id, p.posting_date, p.type, p.revenue_class
