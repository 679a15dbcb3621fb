-- Where use is counted per user, the count is the net credits of the users' events of each month.
WITH pool AS (
  SELECT s.customer_id, s.pool_id, s.seats_since, h.time_zone
  FROM ledger_poolstate AS s
  JOIN ledger_pool AS p ON p.customer_id = s.customer_id AND p.id = s.pool_id
  JOIN ledger_holder AS h ON h.customer_id = p.customer_id AND h.id = p.holder_id
  WHERE s.seats_since IS NOT NULL
),
drawn AS (
  SELECT pool.customer_id, pool.pool_id, e.user_id,
         date_trunc('month', e.event_time AT TIME ZONE pool.time_zone)::date AS period,
         sum(CASE WHEN e.pool_id = pool.pool_id THEN coalesce(c.credits, e.credits)
                  WHEN c.void THEN 0 ELSE part.credits END) AS credits
  FROM pool
  JOIN ledger_usageevent AS e
    ON e.customer_id = pool.customer_id AND e.status = 'a' AND e.user_id IS NOT NULL
  LEFT JOIN ledger_usagepart AS part
    ON part.customer_id = e.customer_id AND part.event_id = e.id AND part.pool_id = pool.pool_id
  LEFT JOIN LATERAL (
    SELECT k.credits, k.void FROM ledger_correction AS k
    WHERE k.customer_id = e.customer_id AND k.event_id = e.id
    ORDER BY k.no DESC LIMIT 1
  ) AS c ON true
  WHERE (e.pool_id = pool.pool_id OR part.event_id IS NOT NULL)
    AND date_trunc('month', e.event_time AT TIME ZONE pool.time_zone)::date >= pool.seats_since
  GROUP BY 1, 2, 3, 4
)
SELECT format('pool %s, user %s, %s', pool_id, user_id, period),
       format('drew %s, its seat counts %s', coalesce(d.credits, 0), coalesce(s.credits, 0))
FROM drawn AS d
FULL JOIN ledger_seatuse AS s USING (customer_id, pool_id, period, user_id)
WHERE coalesce(d.credits, 0) <> coalesce(s.credits, 0)
ORDER BY 1
