-- What each event drew beyond the balance in one term of a pool and has not given back: its part on the
-- line, and its moves, the oldest use first. With the day on which that use posts and what kind it is.
WITH overdrawn AS (
  SELECT d.batch_id, d.posting_date, d.revenue_class,
         greatest(d.pos, g.pos) AS pos, least(d.pos_end, g.pos_end) AS pos_end
  FROM ledger_layout AS l
  JOIN ledger_segment AS g
    ON g.customer_id = l.customer_id AND g.pool_id = l.pool_id AND g.line = l.line
   AND g.layout_no = l.no AND g.block_id IS NULL
  JOIN ledger_drain AS d
    ON d.customer_id = g.customer_id AND d.pool_id = g.pool_id AND d.line = g.line
   AND d.layout_no = g.layout_no AND d.pos < g.pos_end AND d.pos_end > g.pos
  WHERE l.customer_id = %(customer)s AND l.pool_id = %(pool)s AND l.line = 0
    AND l.term_id = %(term)s
),
on_the_line AS (
  SELECT e.id, NULL::bigint AS of_seq, o.posting_date, o.revenue_class,
         least(o.pos_end, e.pos + e.credits) - greatest(o.pos, e.pos) AS credits
  FROM overdrawn AS o
  JOIN LATERAL (
    SELECT u.id, u.pos, u.credits FROM ledger_usageevent AS u
    WHERE u.customer_id = %(customer)s AND u.pool_id = %(pool)s AND u.line = 0
      AND u.id >= o.batch_id << %(index_bits)s AND u.id < (o.batch_id + 1) << %(index_bits)s
      AND u.credits > 0 AND u.pos < o.pos_end AND u.pos + u.credits > o.pos
    UNION ALL
    SELECT p.event_id, p.pos, p.credits FROM ledger_usagepart AS p
    WHERE p.customer_id = %(customer)s AND p.pool_id = %(pool)s AND p.line = 0
      AND p.event_id >= o.batch_id << %(index_bits)s
      AND p.event_id < (o.batch_id + 1) << %(index_bits)s
      AND p.credits > 0 AND p.pos < o.pos_end AND p.pos + p.credits > o.pos
  ) AS e ON true
),
drawn AS (
  SELECT id, of_seq, posting_date, revenue_class, sum(credits) AS credits
  FROM on_the_line GROUP BY id, of_seq, posting_date, revenue_class
  UNION ALL
  SELECT m.event_id, m.seq, m.posting_date, m.revenue_class, m.credits
  FROM ledger_move AS m
  WHERE m.customer_id = %(customer)s AND m.pool_id = %(pool)s AND m.term_id = %(term)s
    AND m.type = 'OVERAGE'
),
given_back AS (
  SELECT m.event_id, m.of_seq, -sum(m.credits) AS credits
  FROM ledger_move AS m
  WHERE m.customer_id = %(customer)s AND m.pool_id = %(pool)s AND m.term_id = %(term)s
    AND m.type = 'OVERAGE_REVERSAL'
  GROUP BY m.event_id, m.of_seq
)
SELECT d.id, (d.credits - coalesce(b.credits, 0))::bigint, d.of_seq, e.event_time, d.posting_date,
       d.revenue_class
FROM drawn AS d
JOIN ledger_usageevent AS e ON e.customer_id = %(customer)s AND e.id = d.id
LEFT JOIN given_back AS b ON b.event_id = d.id AND b.of_seq IS NOT DISTINCT FROM d.of_seq
WHERE d.credits > coalesce(b.credits, 0)
ORDER BY e.event_time, d.id, d.of_seq NULLS FIRST
