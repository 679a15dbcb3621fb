-- What became of all messages received from %(since)s until %(until)s: per day of receipt in UTC and meter
-- the number of each status, and of those set aside how many were ended since; with the meter NULL, what
-- the deliveries of the day said they brought.
WITH deliveries AS MATERIALIZED (
  SELECT id, (received_at AT TIME ZONE 'UTC')::date AS day, received
  FROM ledger_eventbatch
  WHERE received_at >= %(since)s AND received_at < %(until)s
), ends AS (
  SELECT min(id) AS first, max(id) AS last FROM deliveries
)
SELECT day, NULL, 'received', sum(received)::bigint, 0::bigint FROM deliveries GROUP BY day
UNION ALL
SELECT e.day, m.code,
       CASE e.status WHEN 'a' THEN 'applied' WHEN 'o' THEN 'recorded' ELSE 'refused' END, e.n, 0
FROM (
  SELECT (e.recorded_at AT TIME ZONE 'UTC')::date AS day, e.meter_id, e.status, count(*) AS n
  FROM ledger_usageevent AS e
  WHERE e.id >= (SELECT first FROM ends) * 65536 AND e.id < ((SELECT last FROM ends) + 1) * 65536
    AND e.recorded_at >= %(since)s AND e.recorded_at < %(until)s
  GROUP BY 1, 2, 3
) AS e
JOIN ledger_meter AS m ON m.id = e.meter_id
UNION ALL
SELECT d.day, coalesce(m.code, ''), 'duplicate', sum(r.messages)::bigint, 0
FROM deliveries AS d
JOIN ledger_duplicatecount AS r ON r.batch_id = d.id
LEFT JOIN ledger_meter AS m ON m.id = r.meter_id
GROUP BY 1, 2
UNION ALL
SELECT d.day, coalesce(m.code, ''), x.kind, count(*), count(z.exception_id)
FROM deliveries AS d
JOIN ledger_usageexception AS x ON x.batch_id = d.id
LEFT JOIN ledger_exceptionend AS z ON z.exception_id = x.id
LEFT JOIN ledger_meter AS m ON m.code = x.meter_code
GROUP BY 1, 2, 3
