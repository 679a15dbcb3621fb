-- What is gone of these seats (user of a pool in a month), used or set aside by open holds, in the order in
-- which they are asked for. Months are days since 1970.
WITH wanted AS MATERIALIZED (
  SELECT w.customer_id, w.pool_id, date '1970-01-01' + w.month::integer AS month, w.user_id, w.ord
  FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(months)s::bigint[], %(users)s::bigint[])
    WITH ORDINALITY AS w (customer_id, pool_id, month, user_id, ord)
),
open_holds AS MATERIALIZED (
  SELECT h.customer_id, h.pool_id, h.user_id,
         date_trunc('month', h.held_at AT TIME ZONE holder.time_zone)::date AS month,
         sum(h.credits)::bigint AS credits
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
SELECT array_agg(coalesce(s.credits, 0) + coalesce(h.credits, 0) ORDER BY w.ord)
FROM wanted AS w
LEFT JOIN LATERAL (
  SELECT x.credits FROM ledger_seatuse AS x
  WHERE x.customer_id = w.customer_id AND x.pool_id = w.pool_id AND x.period = w.month
    AND x.user_id = w.user_id
  LIMIT 1
) AS s ON true
LEFT JOIN open_holds AS h
  ON h.customer_id = w.customer_id AND h.pool_id = w.pool_id AND h.month = w.month
 AND h.user_id = w.user_id
