-- Net credits per local day that came into these pools (> 0) or left them (< 0) after an instant, as
-- known now: grants, use on the line, and moves, each at its own time. Overage leaves too.
WITH wanted AS (
  SELECT w.pool_id, w.since, w.zone
  FROM unnest(%(pools)s::bigint[], %(since)s::timestamptz[], %(zones)s::text[])
    AS w (pool_id, since, zone)
),
changes AS (
  SELECT w.pool_id, w.zone, b.effective_at AS at, b.granted AS credits
  FROM wanted AS w
  JOIN ledger_block AS b
    ON b.customer_id = %(customer)s AND b.pool_id = w.pool_id
   AND b.effective_at > w.since AND b.effective_at <= %(at)s
  UNION ALL
  SELECT w.pool_id, w.zone, e.event_time, -e.credits
  FROM wanted AS w
  JOIN ledger_usageevent AS e
    ON e.customer_id = %(customer)s AND e.pool_id = w.pool_id AND e.pos IS NOT NULL
   AND e.event_time > w.since
  UNION ALL
  SELECT w.pool_id, w.zone, e.event_time, -p.credits
  FROM wanted AS w
  JOIN ledger_usagepart AS p
    ON p.customer_id = %(customer)s AND p.pool_id = w.pool_id AND p.pos IS NOT NULL
  JOIN ledger_usageevent AS e
    ON e.customer_id = p.customer_id AND e.id = p.event_id AND e.event_time > w.since
  UNION ALL
  SELECT w.pool_id, w.zone, m.effective_at, -m.credits
  FROM wanted AS w
  JOIN ledger_move AS m
    ON m.customer_id = %(customer)s AND m.pool_id = w.pool_id
   AND m.effective_at > w.since AND m.effective_at <= %(at)s
)
SELECT pool_id, (at AT TIME ZONE zone)::date AS day, sum(credits)::bigint
FROM changes
GROUP BY pool_id, day
ORDER BY pool_id, day
