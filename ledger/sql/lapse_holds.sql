-- Ends the holds of these pools, which are locked, that are over at `now`; answers what is held still,
-- and when the next of those holds ends. No open hold ends before `since`.
WITH wanted AS (
  SELECT * FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(since)s::timestamptz[])
    AS w (customer_id, pool_id, since)
),
running AS (
  SELECT h.customer_id, h.pool_id, h.id, h.credits, h.expires_at
  FROM wanted AS w
  JOIN ledger_hold AS h
    ON h.customer_id = w.customer_id AND h.pool_id = w.pool_id AND h.expires_at >= w.since
  WHERE NOT EXISTS (
    SELECT FROM ledger_holdend AS e WHERE e.customer_id = h.customer_id AND e.hold_id = h.id
  )
),
lapsed AS (
  INSERT INTO ledger_holdend (customer_id, hold_id, act, recorded_at)
  SELECT r.customer_id, r.id, 'lapse', %(now)s FROM running AS r WHERE r.expires_at <= %(now)s
),
rest AS (
  SELECT w.customer_id, w.pool_id, coalesce(sum(r.credits), 0)::bigint AS held,
         min(r.expires_at) AS lapse_at
  FROM wanted AS w
  LEFT JOIN running AS r
    ON r.customer_id = w.customer_id AND r.pool_id = w.pool_id AND r.expires_at > %(now)s
  GROUP BY w.customer_id, w.pool_id
)
UPDATE ledger_poolstate AS s
SET held = rest.held, lapse_at = rest.lapse_at, current_from = greatest(s.current_from, %(now)s)
FROM rest
WHERE s.customer_id = rest.customer_id AND s.pool_id = rest.pool_id
RETURNING s.pool_id, s.held, s.lapse_at
