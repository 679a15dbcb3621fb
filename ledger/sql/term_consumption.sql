-- Net consumption of a pool's term by kind of block ('overage' beside them), by event time: what was
-- drawn on the lines in the term's layouts, and moves whose event lies in the term. "rolled" tells
-- blocks of an earlier term.
WITH term AS (
  SELECT t.id, t.starts_at, t.ends_at FROM ledger_term AS t
  WHERE t.customer_id = %(customer)s AND t.id = %(term)s
),
next_layout AS (
  SELECT l.line, l.no, lead(l.start_pos) OVER (PARTITION BY l.line ORDER BY l.no) AS end_pos, l.term_id
  FROM ledger_layout AS l
  WHERE l.customer_id = %(customer)s AND l.pool_id = %(pool)s
),
pieces AS (
  SELECT g.block_id,
         greatest(0, least(g.pos_end, coalesce(n.end_pos, s.consumed)) - g.pos) AS credits
  FROM next_layout AS n
  JOIN ledger_line AS s
    ON s.customer_id = %(customer)s AND s.pool_id = %(pool)s AND s.line = n.line
  JOIN ledger_segment AS g
    ON g.customer_id = s.customer_id AND g.pool_id = s.pool_id AND g.line = n.line
   AND g.layout_no = n.no
  WHERE n.term_id = %(term)s
  UNION ALL
  SELECT m.block_id, m.credits
  FROM ledger_move AS m
  WHERE m.customer_id = %(customer)s AND m.pool_id = %(pool)s AND m.term_id = %(term)s
    AND m.type IN ('CONSUME', 'CONSUME_REVERSAL', 'OVERAGE', 'OVERAGE_REVERSAL')
)
SELECT coalesce(b.kind, 'overage'), sum(p.credits)::bigint
FROM pieces AS p
LEFT JOIN ledger_block AS b ON b.customer_id = %(customer)s AND b.id = p.block_id
GROUP BY coalesce(b.kind, 'overage')
