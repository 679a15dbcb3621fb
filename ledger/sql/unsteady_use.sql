-- Of the customers who used something in these days: how many use unsteadily, that is, whose days differ from
-- their mean by more than half of it (coefficient of variation), days without use included; and how many
-- there are.
WITH days AS (
  SELECT e.customer_id, (e.event_time AT TIME ZONE 'UTC')::date AS day, sum(e.credits) AS credits
  FROM ledger_usageevent AS e
  WHERE e.event_time >= %(since)s AND e.event_time < %(until)s AND e.status = 'a'
  GROUP BY 1, 2
),
spread AS (
  SELECT d.customer_id, sum(d.credits) / %(days)s AS mean,
         sum(d.credits * d.credits) / %(days)s AS squares
  FROM days AS d GROUP BY d.customer_id
)
SELECT count(*) FILTER (WHERE s.squares - s.mean * s.mean > s.mean * s.mean / 4), count(*)
FROM spread AS s
WHERE s.mean > 0
