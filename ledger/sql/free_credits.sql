-- Free credits by kind and policy, as known at %(known_at)s by posting date: how many were granted in
-- %(first)s through %(last)s, used and expired in it. Days are those of the books.
WITH moved AS (
  SELECT g.block_id, g.customer_id, 'CONSUME' AS type,
         sum(least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos)) AS credits
  FROM ledger_block AS b
  JOIN ledger_segment AS g ON g.customer_id = b.customer_id AND g.block_id = b.id
  JOIN ledger_drain AS d
    ON d.customer_id = g.customer_id AND d.pool_id = g.pool_id AND d.line = g.line
   AND d.layout_no = g.layout_no AND d.pos < g.pos_end AND d.pos_end > g.pos
  WHERE b.kind IN ('promo', 'compensation', 'daily')
    AND d.posting_date BETWEEN %(first)s AND %(last)s AND d.recorded_at <= %(known_at)s
  GROUP BY g.block_id, g.customer_id
  UNION ALL
  SELECT m.block_id, m.customer_id, replace(m.type, '_REVERSAL', ''), sum(m.credits)
  FROM ledger_block AS b
  JOIN ledger_move AS m ON m.customer_id = b.customer_id AND m.block_id = b.id
  WHERE b.kind IN ('promo', 'compensation', 'daily')
    AND m.posting_date BETWEEN %(first)s AND %(last)s AND m.recorded_at <= %(known_at)s
  GROUP BY m.block_id, m.customer_id, m.type
),
blocks AS (
  SELECT b.kind, b.promo_policy,
         CASE WHEN (b.effective_at AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s
              THEN b.granted ELSE 0 END AS granted,
         coalesce((SELECT sum(m.credits) FROM moved AS m
           WHERE m.customer_id = b.customer_id AND m.block_id = b.id AND m.type = 'CONSUME'), 0) AS used,
         coalesce((SELECT sum(m.credits) FROM moved AS m
           WHERE m.customer_id = b.customer_id AND m.block_id = b.id AND m.type = 'EXPIRE'), 0) AS expired
  FROM ledger_block AS b
  WHERE b.kind IN ('promo', 'compensation', 'daily') AND b.recorded_at <= %(known_at)s
)
SELECT kind, promo_policy, sum(granted)::bigint, sum(used)::bigint, sum(expired)::bigint
FROM blocks
GROUP BY kind, promo_policy
HAVING sum(granted) <> 0 OR sum(used) <> 0 OR sum(expired) <> 0
ORDER BY kind, promo_policy
