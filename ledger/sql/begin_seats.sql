-- Begins to count a pool's use per user with what its users drew in the running month, as corrected.
WITH drawn AS (
  SELECT e.user_id, date_trunc('month', e.event_time AT TIME ZONE %(zone)s)::date AS month,
         CASE WHEN e.pool_id = %(pool)s THEN coalesce(c.credits, e.credits)
              WHEN c.void THEN 0 ELSE part.credits END AS credits
  FROM ledger_usageevent AS e
  LEFT JOIN ledger_usagepart AS part
    ON part.customer_id = e.customer_id AND part.event_id = e.id AND part.pool_id = %(pool)s
  LEFT JOIN LATERAL (
    SELECT k.credits, k.void FROM ledger_correction AS k
    WHERE k.customer_id = e.customer_id AND k.event_id = e.id
    ORDER BY k.no DESC LIMIT 1
  ) AS c ON true
  WHERE e.customer_id = %(customer)s AND e.event_time >= %(first)s AND e.status = 'a'
    AND e.user_id IS NOT NULL AND (e.pool_id = %(pool)s OR part.event_id IS NOT NULL)
),
counted AS (
  INSERT INTO ledger_seatuse (customer_id, pool_id, period, user_id, credits)
  SELECT %(customer)s, %(pool)s, d.month, d.user_id, sum(d.credits)
  FROM drawn AS d
  GROUP BY d.month, d.user_id
)
UPDATE ledger_poolstate SET seats_since = %(month)s
WHERE customer_id = %(customer)s AND pool_id = %(pool)s
