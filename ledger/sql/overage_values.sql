-- Overage of every term through %(last)s by posting date, as known at %(known_at)s: its credits and their value
-- in minor units of the books' currency. What is priced in another currency is owed in that, and left out here.
WITH runs AS (
  SELECT d.customer_id, d.pool_id, l.term_id, g.layer_id, sum(least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos)) AS credits,
         sum(creditops_released(k.cost_functional_minor, k.quantity, g.r0 + least(g.pos_end, d.pos_end) - g.pos)
           - creditops_released(k.cost_functional_minor, k.quantity, g.r0 + greatest(g.pos, d.pos) - g.pos)) AS value
  FROM ledger_segment AS g
  JOIN ledger_layout AS l
    ON l.customer_id = g.customer_id AND l.pool_id = g.pool_id AND l.line = g.line AND l.no = g.layout_no
  JOIN ledger_drain AS d
    ON d.customer_id = g.customer_id AND d.pool_id = g.pool_id AND d.line = g.line
   AND d.layout_no = g.layout_no AND d.pos < g.pos_end AND d.pos_end > g.pos
  JOIN ledger_costlayer AS k ON k.customer_id = g.customer_id AND k.id = g.layer_id
  WHERE k.currency = (SELECT currency FROM ledger_booksettings)
    AND g.block_id IS NULL AND d.posting_date <= %(last)s AND d.recorded_at <= %(known_at)s
  GROUP BY d.customer_id, d.pool_id, l.term_id, g.layer_id
  UNION ALL
  SELECT m.customer_id, m.pool_id, m.term_id, m.layer_id, sum(m.credits),
         sum(creditops_released(k.cost_functional_minor, k.quantity, m.r0 + m.credits)
           - creditops_released(k.cost_functional_minor, k.quantity, m.r0))
  FROM ledger_move AS m
  JOIN ledger_costlayer AS k ON k.customer_id = m.customer_id AND k.id = m.layer_id
  WHERE k.currency = (SELECT currency FROM ledger_booksettings) AND m.type LIKE 'OVERAGE%%' AND m.posting_date <= %(last)s AND m.recorded_at <= %(known_at)s
  GROUP BY m.customer_id, m.pool_id, m.term_id, m.layer_id
)
SELECT r.customer_id, pool.holder_id, r.term_id, sum(r.credits)::bigint, sum(r.value)::bigint
FROM runs AS r
JOIN ledger_pool AS pool ON pool.customer_id = r.customer_id AND pool.id = r.pool_id
GROUP BY r.customer_id, pool.holder_id, r.term_id
HAVING sum(r.credits) <> 0 OR sum(r.value) <> 0
ORDER BY r.customer_id, pool.holder_id, r.term_id
