-- Every block on every cost layer that it came to, as known at %(known_at)s: what its credits on that layer
-- were worth that were used, expired, or taken back, by posting date, before %(first)s and from then through
-- %(last)s; in minor units of the books' currency. With how many credits left it through %(last)s, and what
-- the block and its layer are. Days are those of the books, in %(zone)s.
--
-- What a layout drew on a day is one run where its drains lie end to end: they never overlap, so they do if they
-- are as long together as the way from the first to the last. A run is valued once (M4: a sum of differences is
-- the difference of the ends), so that the cost follows the number of days and layouts, not that of drains; where
-- something lies between, drain by drain. What recognises in proportion to use is worth what runs of its own
-- booked, on the day of their entries.
WITH days AS MATERIALIZED (
  SELECT d.customer_id, d.pool_id, d.line, d.layout_no, d.posting_date,
         min(d.pos) AS pos, max(d.pos_end) AS pos_end,
         sum(d.pos_end - d.pos) = max(d.pos_end) - min(d.pos) AS whole
  FROM ledger_drain AS d
  WHERE d.posting_date <= %(last)s AND d.recorded_at <= %(known_at)s
    AND (%(customer)s::bigint IS NULL OR d.customer_id = %(customer)s)
  GROUP BY d.customer_id, d.pool_id, d.line, d.layout_no, d.posting_date
),
drawn AS (
  SELECT r.customer_id, r.pool_id, r.line, r.layout_no, r.posting_date, r.pos, r.pos_end
  FROM days AS r WHERE r.whole
  UNION ALL
  SELECT d.customer_id, d.pool_id, d.line, d.layout_no, d.posting_date, d.pos, d.pos_end
  FROM days AS r
  JOIN ledger_drain AS d
    ON d.customer_id = r.customer_id AND d.pool_id = r.pool_id AND d.line = r.line
   AND d.layout_no = r.layout_no AND d.posting_date = r.posting_date AND d.pos >= r.pos AND d.pos < r.pos_end
  WHERE NOT r.whole AND d.recorded_at <= %(known_at)s
),
pieces AS (
  SELECT d.customer_id, g.block_id, g.layer_id, d.posting_date < %(first)s AS before, 'CONSUME' AS type,
         least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos) AS credits,
         creditops_released(k.cost_functional_minor, k.quantity, g.r0 + least(g.pos_end, d.pos_end) - g.pos)
           - creditops_released(k.cost_functional_minor, k.quantity, g.r0 + greatest(g.pos, d.pos) - g.pos)
           AS value
  FROM drawn AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
  JOIN ledger_costlayer AS k ON k.customer_id = g.customer_id AND k.id = g.layer_id
  WHERE g.block_id IS NOT NULL
  UNION ALL
  SELECT m.customer_id, m.block_id, m.layer_id, m.posting_date < %(first)s,
         replace(m.type, '_REVERSAL', ''), m.credits,
         creditops_released(k.cost_functional_minor, k.quantity, m.r0 + m.credits)
           - creditops_released(k.cost_functional_minor, k.quantity, m.r0)
  FROM ledger_move AS m
  JOIN ledger_costlayer AS k ON k.customer_id = m.customer_id AND k.id = m.layer_id
  WHERE m.block_id IS NOT NULL AND m.posting_date <= %(last)s AND m.recorded_at <= %(known_at)s
    AND (%(customer)s::bigint IS NULL OR m.customer_id = %(customer)s)
),
left_by AS (
  SELECT p.customer_id, p.block_id, p.layer_id,
         coalesce(sum(p.value) FILTER (WHERE p.type = 'CONSUME' AND p.before), 0) AS used_before,
         coalesce(sum(p.value) FILTER (WHERE p.type = 'CONSUME' AND NOT p.before), 0) AS used,
         coalesce(sum(p.value) FILTER (WHERE p.type = 'EXPIRE' AND p.before), 0) AS expired_before,
         coalesce(sum(p.value) FILTER (WHERE p.type = 'EXPIRE' AND NOT p.before), 0) AS expired,
         coalesce(sum(p.value) FILTER (WHERE p.type = 'REVOKE' AND p.before), 0) AS taken_before,
         coalesce(sum(p.value) FILTER (WHERE p.type = 'REVOKE' AND NOT p.before), 0) AS taken,
         coalesce(sum(p.credits) FILTER (WHERE p.type = 'CONSUME'), 0) AS credits_used,
         coalesce(sum(p.credits) FILTER (WHERE p.type = 'EXPIRE'), 0) AS credits_expired,
         coalesce(sum(p.credits) FILTER (WHERE p.type = 'REVOKE'), 0) AS credits_taken
  FROM pieces AS p
  GROUP BY p.customer_id, p.block_id, p.layer_id
),
runs AS (
  -- Each run beside the one before it, whichever of the two was posted on the earlier day.
  SELECT r.customer_id, r.block_id, r.no,
         r.usage_minor - lag(r.usage_minor, 1, 0) OVER w AS used,
         r.breakage_minor + r.state_minor - lag(r.breakage_minor + r.state_minor, 1, 0) OVER w AS broken
  FROM ledger_recognition AS r
  WHERE %(customer)s::bigint IS NULL OR r.customer_id = %(customer)s
  WINDOW w AS (PARTITION BY r.customer_id, r.block_id ORDER BY r.no)
),
earned AS (
  SELECT r.customer_id, r.block_id,
         coalesce(sum(r.used) FILTER (WHERE e.posting_date < %(first)s), 0) AS used_before,
         coalesce(sum(r.used) FILTER (WHERE e.posting_date >= %(first)s), 0) AS used,
         coalesce(sum(r.broken) FILTER (WHERE e.posting_date < %(first)s), 0) AS broken_before,
         coalesce(sum(r.broken) FILTER (WHERE e.posting_date >= %(first)s), 0) AS broken
  FROM runs AS r
  JOIN ledger_journalentry AS e
    ON e.source = 'recognition:' || r.customer_id || ':' || r.block_id || ':' || r.no
   AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
  GROUP BY r.customer_id, r.block_id
)
SELECT b.customer_id, b.id, b.pool_id, pool.holder_id, b.kind, b.breakage, b.source, b.granted,
       b.effective_at, (b.effective_at AT TIME ZONE %(zone)s)::date, change.expires_at, change.rolled,
       k.id, k.kind = 'pooled', bl.no, k.cost_functional_minor, k.quantity, bl.gone,
       (k.recorded_at AT TIME ZONE %(zone)s)::date,
       (lead(bl.recorded_at) OVER (PARTITION BY bl.customer_id, bl.block_id ORDER BY bl.no)
         AT TIME ZONE %(zone)s)::date,
       coalesce(CASE WHEN b.breakage = 'PROPORTIONAL' THEN e.used_before ELSE l.used_before END, 0)::bigint,
       coalesce(CASE WHEN b.breakage = 'PROPORTIONAL' THEN e.used ELSE l.used END, 0)::bigint,
       coalesce(CASE WHEN b.breakage = 'PROPORTIONAL' THEN e.broken_before ELSE l.expired_before END, 0)::bigint,
       coalesce(CASE WHEN b.breakage = 'PROPORTIONAL' THEN e.broken ELSE l.expired END, 0)::bigint,
       coalesce(l.taken_before, 0)::bigint, coalesce(l.taken, 0)::bigint,
       coalesce(l.credits_used, 0)::bigint, coalesce(l.credits_expired, 0)::bigint,
       coalesce(l.credits_taken, 0)::bigint
FROM ledger_block AS b
JOIN ledger_pool AS pool ON pool.customer_id = b.customer_id AND pool.id = b.pool_id
JOIN ledger_blocklayer AS bl
  ON bl.customer_id = b.customer_id AND bl.block_id = b.id
 AND (bl.no = 1 OR bl.recorded_at <= %(known_at)s)
JOIN ledger_costlayer AS k ON k.customer_id = bl.customer_id AND k.id = bl.layer_id
CROSS JOIN LATERAL (
  SELECT c.expires_at, EXISTS (
           SELECT FROM ledger_blockchange AS r
           WHERE r.customer_id = b.customer_id AND r.block_id = b.id AND r.act = 'rollover'
             AND r.recorded_at <= %(known_at)s AND (r.effective_at AT TIME ZONE %(zone)s)::date <= %(last)s
         ) AS rolled
  FROM ledger_blockchange AS c
  WHERE c.customer_id = b.customer_id AND c.block_id = b.id AND c.recorded_at <= %(known_at)s
    AND (c.no = 1 OR (c.effective_at AT TIME ZONE %(zone)s)::date <= %(last)s)
  ORDER BY c.no DESC LIMIT 1
) AS change
LEFT JOIN left_by AS l
  ON l.customer_id = b.customer_id AND l.block_id = b.id AND l.layer_id = bl.layer_id
LEFT JOIN earned AS e ON e.customer_id = b.customer_id AND e.block_id = b.id AND bl.no = 1
WHERE b.recorded_at <= %(known_at)s
  AND (%(customer)s::bigint IS NULL OR b.customer_id = %(customer)s)
ORDER BY b.customer_id, b.id, bl.no
