-- Pools that run out within %(ahead)s days at the pace of the trailing days, soonest first: customer,
-- pool, credits left, credits a day. The pace is what drains of general credits took since
-- %(since)s, over %(days)s days.
SELECT s.customer_id, s.pool_id, s.limit_pos - s.consumed - s.held AS available,
       d.credits / %(days)s::numeric AS per_day
FROM (
  SELECT customer_id, pool_id, sum(pos_end - pos) AS credits
  FROM ledger_drain
  WHERE time_max >= %(since)s AND line = 0
  GROUP BY customer_id, pool_id
) AS d
JOIN ledger_poolstate AS s ON s.customer_id = d.customer_id AND s.pool_id = d.pool_id
WHERE s.limit_pos - s.consumed - s.held > 0
  AND (s.limit_pos - s.consumed - s.held) * %(days)s < d.credits * %(ahead)s
ORDER BY (s.limit_pos - s.consumed - s.held) / d.credits, s.customer_id, s.pool_id
LIMIT %(most)s
