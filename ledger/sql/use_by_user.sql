-- How one customer's use in a time is spread over users: those ever heard of, those who used anything,
-- their credits, credits of events without a user; and the heaviest users, one row each (one row with
-- nobody if there is none). By event time, as corrected; in one unit, or each event's first.
WITH per_user AS (
  SELECT e.user_id, sum(coalesce(CASE WHEN c.void THEN 0 ELSE part.credits END,
                    c.credits, e.credits))::bigint AS credits
  FROM ledger_usageevent AS e
  LEFT JOIN ledger_pool AS pool ON pool.customer_id = e.customer_id AND pool.id = e.pool_id
  LEFT JOIN ledger_usagepart AS part
    ON part.customer_id = e.customer_id AND part.event_id = e.id AND part.unit_id = %(unit)s
  LEFT JOIN LATERAL (
    SELECT k.credits, k.void FROM ledger_correction AS k
    WHERE k.customer_id = e.customer_id AND k.event_id = e.id
    ORDER BY k.no DESC LIMIT 1
  ) AS c ON true
  WHERE e.customer_id = %(customer)s AND e.status = 'a'
    AND e.event_time >= %(first)s AND e.event_time < %(last)s
    AND (%(holder)s::bigint IS NULL OR e.holder_id = %(holder)s)
    AND (%(unit)s::bigint IS NULL OR pool.unit_id = %(unit)s OR part.event_id IS NOT NULL)
  GROUP BY e.user_id
),
figures AS (
  SELECT (SELECT count(*) FROM ledger_username AS u WHERE u.customer_id = %(customer)s) AS known,
         count(*) FILTER (WHERE user_id IS NOT NULL AND credits > 0) AS active,
         coalesce(sum(credits) FILTER (WHERE user_id IS NOT NULL), 0)::bigint AS credits,
         coalesce(sum(credits) FILTER (WHERE user_id IS NULL), 0)::bigint AS nameless
  FROM per_user
),
heaviest AS (
  SELECT p.user_id, p.credits FROM per_user AS p
  WHERE p.user_id IS NOT NULL AND p.credits > 0
  ORDER BY p.credits DESC, p.user_id LIMIT %(top)s
)
SELECT f.known, f.active, f.credits, f.nameless, coalesce(u.name, 'user ' || h.user_id), h.credits
FROM figures AS f
LEFT JOIN heaviest AS h ON true
LEFT JOIN ledger_username AS u ON u.customer_id = %(customer)s AND u.id = h.user_id
ORDER BY h.credits DESC, h.user_id
