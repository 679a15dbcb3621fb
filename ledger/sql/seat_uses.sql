-- What these seats (user of a pool in a month) have used, and what open holds set aside for them.
-- Users nobody has heard of have none.
WITH wanted AS (
  SELECT w.customer_id, w.pool_id, w.month, w.name, u.id AS user_id
  FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(months)s::date[], %(users)s::text[])
    AS w (customer_id, pool_id, month, name)
  JOIN ledger_username AS u ON u.customer_id = w.customer_id AND u.name = w.name
),
open_holds AS (
  SELECT h.customer_id, h.pool_id, h.user_id,
         date_trunc('month', h.held_at AT TIME ZONE holder.time_zone)::date AS month,
         sum(h.credits) AS credits
  FROM (SELECT DISTINCT customer_id, pool_id FROM wanted) AS w
  JOIN ledger_hold AS h
    ON h.customer_id = w.customer_id AND h.pool_id = w.pool_id AND h.expires_at > %(now)s
  JOIN ledger_pool AS p ON p.customer_id = h.customer_id AND p.id = h.pool_id
  JOIN ledger_holder AS holder
    ON holder.customer_id = p.customer_id AND holder.id = p.holder_id
  WHERE h.user_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM ledger_holdend AS e WHERE e.customer_id = h.customer_id AND e.hold_id = h.id
  )
  GROUP BY 1, 2, 3, 4
)
SELECT w.pool_id, w.month, w.name, coalesce(s.credits, 0), coalesce(h.credits, 0)::bigint
FROM wanted AS w
LEFT JOIN ledger_seatuse AS s
  ON s.customer_id = w.customer_id AND s.pool_id = w.pool_id AND s.period = w.month
 AND s.user_id = w.user_id
LEFT JOIN open_holds AS h
  ON h.customer_id = w.customer_id AND h.pool_id = w.pool_id AND h.month = w.month
 AND h.user_id = w.user_id
