-- Net consumption of these pools' terms by kind of block, set-based: `term_consumption` for many at once.
WITH wanted AS MATERIALIZED (
  SELECT * FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(terms)s::bigint[])
    AS w (customer_id, pool_id, term_id)
),
layouts AS MATERIALIZED (
  SELECT l.customer_id, l.pool_id, l.line, l.no, l.term_id,
         lead(l.start_pos) OVER (PARTITION BY l.customer_id, l.pool_id, l.line ORDER BY l.no) AS end_pos
  FROM wanted AS w
  JOIN ledger_layout AS l ON l.customer_id = w.customer_id AND l.pool_id = w.pool_id
),
pieces AS (
  SELECT w.pool_id, w.customer_id, g.block_id,
         greatest(0, least(g.pos_end, coalesce(n.end_pos, s.consumed)) - g.pos) AS credits
  FROM wanted AS w
  JOIN layouts AS n
    ON n.customer_id = w.customer_id AND n.pool_id = w.pool_id AND n.term_id = w.term_id
  JOIN ledger_line AS s
    ON s.customer_id = w.customer_id AND s.pool_id = w.pool_id AND s.line = n.line
  JOIN ledger_segment AS g
    ON g.customer_id = w.customer_id AND g.pool_id = w.pool_id AND g.line = n.line
   AND g.layout_no = n.no
  UNION ALL
  SELECT w.pool_id, w.customer_id, m.block_id, m.credits
  FROM wanted AS w
  JOIN ledger_move AS m
    ON m.customer_id = w.customer_id AND m.pool_id = w.pool_id AND m.term_id = w.term_id
   AND m.type IN ('CONSUME', 'CONSUME_REVERSAL', 'OVERAGE', 'OVERAGE_REVERSAL')
)
SELECT p.customer_id, p.pool_id, coalesce(b.kind, 'overage'), sum(p.credits)::bigint
FROM pieces AS p
LEFT JOIN ledger_block AS b ON b.customer_id = p.customer_id AND b.id = p.block_id
GROUP BY 1, 2, 3
