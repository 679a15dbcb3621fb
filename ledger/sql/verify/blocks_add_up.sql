-- Of every block: granted = used + expired + voided + rest, none below zero, and its state says the
-- same as the rows do as of its pool's newest layout.
WITH ends AS (
  SELECT l.customer_id, l.pool_id, l.line, l.no,
         lead(l.start_pos) OVER (PARTITION BY l.customer_id, l.pool_id, l.line ORDER BY l.no) AS end_pos
  FROM ledger_layout AS l
),
line_use AS (
  -- Up to the newest layout only: it has no next one, and its segments are not settled yet.
  SELECT g.customer_id, g.block_id,
         sum(greatest(0, least(g.pos_end, e.end_pos) - g.pos)) AS used
  FROM ledger_segment AS g
  JOIN ends AS e
    ON e.customer_id = g.customer_id AND e.pool_id = g.pool_id AND e.line = g.line
   AND e.no = g.layout_no
  WHERE g.block_id IS NOT NULL AND e.end_pos IS NOT NULL
  GROUP BY g.customer_id, g.block_id
),
moved AS (
  SELECT m.customer_id, m.block_id,
         sum(m.credits) FILTER (WHERE m.type LIKE 'CONSUME%') AS used,
         sum(m.credits) FILTER (WHERE m.type LIKE 'EXPIRE%') AS expired,
         sum(m.credits) FILTER (WHERE m.type LIKE 'REVOKE%') AS voided
  FROM ledger_move AS m WHERE m.block_id IS NOT NULL
  GROUP BY m.customer_id, m.block_id
),
told AS (
  SELECT b.customer_id, b.id, b.granted,
         coalesce(l.used, 0) + coalesce(m.used, 0) AS used,
         coalesce(m.expired, 0) AS expired, coalesce(m.voided, 0) AS voided,
         s.used AS state_used, s.expired AS state_expired, s.voided AS state_voided
  FROM ledger_block AS b
  LEFT JOIN ledger_blockstate AS s ON s.customer_id = b.customer_id AND s.block_id = b.id
  LEFT JOIN line_use AS l ON l.customer_id = b.customer_id AND l.block_id = b.id
  LEFT JOIN moved AS m ON m.customer_id = b.customer_id AND m.block_id = b.id
)
SELECT format('block %s-%s', t.customer_id, t.id),
       format('rows say used %s, expired %s, voided %s of %s; its state says %s, %s, %s',
              t.used, t.expired, t.voided, t.granted, t.state_used, t.state_expired, t.state_voided)
FROM told AS t
WHERE t.used < 0 OR t.expired < 0 OR t.voided < 0 OR t.used + t.expired + t.voided > t.granted
   OR (t.used, t.expired, t.voided) IS DISTINCT FROM (t.state_used, t.state_expired, t.state_voided)
