-- What an entry of usage was posted from: the pool's draws of its posting date and class beyond the mark before
-- it and up to its own, block by block, with their deliveries; and moves. The mark of lines of scopes is what was
-- drawn on all of them. Values in minor units of the books'
-- currency. The first %(most)s.
WITH drains AS (
  SELECT d.* FROM ledger_drain AS d
  WHERE d.customer_id = %(customer)s AND d.pool_id = %(pool)s AND d.line = 0
    AND d.pos >= %(from_pos)s AND d.pos < %(to_pos)s
  UNION ALL
  SELECT d.* FROM (
    SELECT s.id, sum(s.pos_end - s.pos) OVER (ORDER BY s.id) AS drawn
    FROM ledger_drain AS s
    WHERE s.customer_id = %(customer)s AND s.pool_id = %(pool)s AND s.line > 0
  ) AS s
  JOIN ledger_drain AS d
    ON d.customer_id = %(customer)s AND d.pool_id = %(pool)s AND d.line > 0 AND d.id = s.id
  WHERE s.drawn > %(from_scopes)s AND s.drawn <= %(to_scopes)s
)
SELECT piece.type, piece.block_id, b.source, piece.credits,
       creditops_released(k.cost_functional_minor, k.quantity, piece.r_from + piece.credits)
         - creditops_released(k.cost_functional_minor, k.quantity, piece.r_from),
       piece.batch_id, piece.line, piece.pos, piece.pos_end, piece.event_id, piece.time_min
FROM (
  SELECT CASE WHEN g.block_id IS NULL THEN 'OVERAGE' ELSE 'CONSUME' END AS type, g.block_id, g.layer_id,
         least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos) AS credits,
         g.r0 + greatest(g.pos, d.pos) - g.pos AS r_from, d.batch_id, d.line, greatest(g.pos, d.pos) AS pos,
         least(g.pos_end, d.pos_end) AS pos_end, NULL::bigint AS event_id, d.time_min
  FROM drains AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
  WHERE d.posting_date = %(on)s AND d.revenue_class = %(revenue_class)s
  UNION ALL
  SELECT m.type, m.block_id, m.layer_id, m.credits, m.r0, NULL, NULL, NULL, NULL, m.event_id, m.effective_at
  FROM ledger_move AS m
  WHERE m.customer_id = %(customer)s AND m.pool_id = %(pool)s
    AND m.seq > %(from_seq)s AND m.seq <= %(to_seq)s
    AND m.posting_date = %(on)s AND m.revenue_class = %(revenue_class)s
) AS piece
JOIN ledger_costlayer AS k ON k.customer_id = %(customer)s AND k.id = piece.layer_id
LEFT JOIN ledger_block AS b ON b.customer_id = %(customer)s AND b.id = piece.block_id
WHERE piece.type = %(type)s AND coalesce(b.promo_policy, 'None') = %(policy)s
  AND (date_trunc('month', piece.time_min AT TIME ZONE %(zone)s)::date
         < date_trunc('month', %(on)s::date)::date) = %(earlier)s
ORDER BY piece.line NULLS LAST, piece.pos, piece.event_id, piece.block_id
LIMIT %(most)s
