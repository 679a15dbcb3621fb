-- Per pool the latest end, at or before its horizon, of a block that still has credits left or
-- expired: events from before it can't go on the line (the window's third bound).
SELECT s.pool_id, max(s.until)
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(horizons)s::timestamptz[])
  AS wanted (customer_id, pool_id, horizon)
JOIN ledger_blockstate AS s
  ON s.customer_id = wanted.customer_id AND s.pool_id = wanted.pool_id
WHERE s.open AND s.until <= wanted.horizon
GROUP BY s.pool_id
