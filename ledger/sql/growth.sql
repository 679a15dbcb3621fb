-- Credits month by month, from %(first)s through %(last)s as known at %(known_at)s, without daily ones: used and
-- overage by posting date, granted (by the day they began, paid or not), expired and taken back.
WITH moved AS (
  SELECT date_trunc('month', d.posting_date)::date AS month, 'used' AS what, sum(d.pos_end - d.pos) AS credits
  FROM ledger_drain AS d
  WHERE d.posting_date BETWEEN %(first)s AND %(last)s AND d.recorded_at <= %(known_at)s
  GROUP BY 1
  UNION ALL
  SELECT date_trunc('month', d.posting_date)::date, 'overage',
         sum(least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos))
  FROM ledger_segment AS g
  JOIN ledger_drain AS d
    ON d.customer_id = g.customer_id AND d.pool_id = g.pool_id AND d.line = g.line
   AND d.layout_no = g.layout_no AND d.pos < g.pos_end AND d.pos_end > g.pos
  WHERE g.block_id IS NULL AND d.posting_date BETWEEN %(first)s AND %(last)s
    AND d.recorded_at <= %(known_at)s
  GROUP BY 1
  UNION ALL
  SELECT date_trunc('month', m.posting_date)::date,
         CASE WHEN m.type LIKE 'EXPIRE%%' THEN 'ended' WHEN m.type LIKE 'REVOKE%%' THEN 'ended' ELSE 'used' END,
         sum(m.credits)
  FROM ledger_move AS m
  WHERE m.posting_date BETWEEN %(first)s AND %(last)s AND m.recorded_at <= %(known_at)s
    AND NOT EXISTS (
      SELECT FROM ledger_block AS b
      WHERE b.customer_id = m.customer_id AND b.id = m.block_id AND b.kind = 'daily'
        AND m.type LIKE 'EXPIRE%%')
  GROUP BY 1, 2
  UNION ALL
  SELECT date_trunc('month', m.posting_date)::date, 'overage', sum(m.credits)
  FROM ledger_move AS m
  WHERE m.type LIKE 'OVERAGE%%' AND m.posting_date BETWEEN %(first)s AND %(last)s
    AND m.recorded_at <= %(known_at)s
  GROUP BY 1
  UNION ALL
  SELECT date_trunc('month', b.effective_at AT TIME ZONE %(zone)s)::date,
         CASE WHEN b.kind IN ('paid', 'bonus', 'migration') THEN 'sold' ELSE 'given' END, sum(b.granted)
  FROM ledger_block AS b
  WHERE b.kind <> 'daily' AND b.recorded_at <= %(known_at)s
    AND (b.effective_at AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s
  GROUP BY 1, 2
)
SELECT month, what, sum(credits)::bigint FROM moved GROUP BY month, what ORDER BY month, what
