-- What a pool's state says that its blocks come to is what the rows say: granted, used on its lines and by
-- moves, expired, taken back; and where credits end, and overage after them, is where its newest layout's
-- segments end. What scoped blocks have left is as of that layout, less what their lines took since.
WITH line_use AS (
  SELECT x.customer_id, x.pool_id, sum(greatest(0, least(x.pos_end, x.end_pos) - x.pos)) AS used
  FROM (
    SELECT g.customer_id, g.pool_id, g.pos, g.pos_end, coalesce(
             (SELECT n.start_pos FROM ledger_layout AS n
              WHERE n.customer_id = g.customer_id AND n.pool_id = g.pool_id AND n.line = g.line
                AND n.no = g.layout_no + 1), s.consumed) AS end_pos
    FROM ledger_segment AS g
    JOIN ledger_line AS s
      ON s.customer_id = g.customer_id AND s.pool_id = g.pool_id AND s.line = g.line
    WHERE g.block_id IS NOT NULL
  ) AS x
  GROUP BY x.customer_id, x.pool_id
),
moved AS (
  SELECT m.customer_id, m.pool_id,
         sum(m.credits) FILTER (WHERE m.type LIKE 'CONSUME%') AS used,
         sum(m.credits) FILTER (WHERE m.type LIKE 'EXPIRE%') AS expired,
         sum(m.credits) FILTER (WHERE m.type LIKE 'REVOKE%') AS voided
  FROM ledger_move AS m WHERE m.block_id IS NOT NULL
  GROUP BY m.customer_id, m.pool_id
),
newest AS (
  SELECT l.customer_id, l.pool_id, l.no, l.start_pos, l.recorded_at,
         max(g.pos_end) FILTER (WHERE g.block_id IS NOT NULL) AS limit_pos,
         max(g.pos_end) AS stop_pos
  FROM ledger_layout AS l
  LEFT JOIN ledger_segment AS g
    ON g.customer_id = l.customer_id AND g.pool_id = l.pool_id AND g.line = l.line
   AND g.layout_no = l.no
  WHERE l.line = 0
  GROUP BY l.customer_id, l.pool_id, l.no, l.start_pos, l.recorded_at
),
scoped AS (
  -- What lines of scopes took since the newest layout.
  SELECT x.customer_id, x.pool_id, sum(x.consumed - l.start_pos) AS taken
  FROM ledger_scopeline AS x
  JOIN ledger_poolstate AS s ON s.customer_id = x.customer_id AND s.pool_id = x.pool_id
  JOIN ledger_layout AS l
    ON l.customer_id = x.customer_id AND l.pool_id = x.pool_id AND l.line = x.line AND l.no = s.layout_no
  GROUP BY x.customer_id, x.pool_id
),
blocks AS (
  SELECT b.customer_id, b.pool_id, sum(b.granted) AS granted,
         sum(b.granted - k.used - k.expired - k.voided) FILTER (
           WHERE b.meters IS NOT NULL AND b.effective_at <= n.recorded_at
             AND (k.until IS NULL OR k.until > n.recorded_at)) AS scoped_left
  FROM ledger_block AS b
  JOIN ledger_blockstate AS k ON k.customer_id = b.customer_id AND k.block_id = b.id
  JOIN ledger_poolstate AS s ON s.customer_id = b.customer_id AND s.pool_id = b.pool_id
  LEFT JOIN newest AS n
    ON n.customer_id = b.customer_id AND n.pool_id = b.pool_id AND n.no = s.layout_no
  GROUP BY b.customer_id, b.pool_id
)
SELECT format('pool %s-%s', s.customer_id, s.pool_id),
       format('rows come to granted %s, used %s, expired %s, voided %s, scoped %s, its credits end at %s,'
              ' overage at %s; its state says %s, %s, %s, %s, %s, %s, %s',
              told.granted, told.used, told.expired, told.voided, told.scoped_left, told.limit_pos,
              told.stop_pos, s.granted, s.used, s.expired, s.voided, s.scoped_left, s.limit_pos,
              s.stop_pos)
FROM ledger_poolstate AS s
LEFT JOIN line_use AS l ON l.customer_id = s.customer_id AND l.pool_id = s.pool_id
LEFT JOIN moved AS m ON m.customer_id = s.customer_id AND m.pool_id = s.pool_id
LEFT JOIN blocks AS b ON b.customer_id = s.customer_id AND b.pool_id = s.pool_id
LEFT JOIN scoped AS x ON x.customer_id = s.customer_id AND x.pool_id = s.pool_id
LEFT JOIN newest AS n
  ON n.customer_id = s.customer_id AND n.pool_id = s.pool_id AND n.no = s.layout_no
CROSS JOIN LATERAL (
  SELECT coalesce(b.granted, 0) AS granted, coalesce(l.used, 0) + coalesce(m.used, 0) AS used,
         coalesce(m.expired, 0) AS expired, coalesce(m.voided, 0) AS voided,
         coalesce(b.scoped_left, 0) - coalesce(x.taken, 0) AS scoped_left,
         coalesce(n.limit_pos, n.start_pos, 0) AS limit_pos,
         coalesce(n.stop_pos, n.start_pos, 0) AS stop_pos
) AS told
WHERE (told.granted, told.used, told.expired, told.voided)
      IS DISTINCT FROM (s.granted, s.used, s.expired, s.voided)
   OR (n.no IS NOT NULL AND (told.scoped_left, told.limit_pos, told.stop_pos)
      IS DISTINCT FROM (s.scoped_left, s.limit_pos, s.stop_pos))
ORDER BY s.customer_id, s.pool_id
