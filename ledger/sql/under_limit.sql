-- Of the customers who drew a unit in a time: how many, and how many of them came to their limit, that is, used
-- up all they had, went into overage, or were refused for lack of credits (S16).
WITH drawn AS (
  SELECT DISTINCT e.customer_id
  FROM ledger_usageevent AS e
  JOIN ledger_pool AS p ON p.customer_id = e.customer_id AND p.id = e.pool_id
  WHERE e.event_time >= %(first)s AND e.event_time < %(last)s AND e.status = 'a' AND e.credits > 0
    AND p.unit_id = %(unit)s
  UNION
  SELECT e.customer_id
  FROM ledger_usagepart AS x
  JOIN ledger_usageevent AS e ON e.customer_id = x.customer_id AND e.id = x.event_id
  WHERE e.event_time >= %(first)s AND e.event_time < %(last)s AND e.status = 'a' AND x.credits > 0
    AND x.unit_id = %(unit)s
),
stopped AS (
  SELECT c.customer_id
  FROM ledger_thresholdcrossing AS c
  JOIN ledger_pool AS p ON p.customer_id = c.customer_id AND p.id = c.pool_id
  WHERE c.crossed_at >= %(first)s AND c.crossed_at < %(last)s AND p.unit_id = %(unit)s
    AND (c.threshold = 'EXHAUSTED' OR c.threshold LIKE 'OVERAGE_%%')
  UNION
  SELECT e.customer_id
  FROM ledger_usageevent AS e
  JOIN ledger_pool AS p ON p.customer_id = e.customer_id AND p.holder_id = e.holder_id
  WHERE e.event_time >= %(first)s AND e.event_time < %(last)s AND e.status = 'r'
    AND e.code IN ('insufficient_credits', 'overage_cap') AND p.unit_id = %(unit)s
)
SELECT (SELECT count(*) FROM (SELECT customer_id FROM drawn UNION SELECT customer_id FROM stopped) AS u),
       (SELECT count(*) FROM stopped)
