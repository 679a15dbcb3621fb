-- How a backfill stands: messages by present fate, events that are void, credits drawn now, first and
-- last time. Of an exception that was let in the event counts, of one written off nothing else does.
WITH deliveries AS MATERIALIZED (
  SELECT batch_id FROM ledger_backfillbatch WHERE backfill_id = %(backfill)s
), aside AS MATERIALIZED (
  SELECT x.kind, x.event_time, z.outcome, z.event_customer_id, z.event_id
  FROM deliveries AS d
  JOIN ledger_usageexception AS x ON x.batch_id = d.batch_id
  LEFT JOIN ledger_exceptionend AS z ON z.exception_id = x.id
), events AS MATERIALIZED (
  SELECT e.customer_id, e.id, e.status, e.credits, e.event_time
  FROM deliveries AS d
  JOIN ledger_usageevent AS e ON e.id BETWEEN d.batch_id * 65536 AND d.batch_id * 65536 + 65535
  UNION ALL
  SELECT e.customer_id, e.id, e.status, e.credits, e.event_time
  FROM aside AS a
  JOIN ledger_usageevent AS e ON e.customer_id = a.event_customer_id AND e.id = a.event_id
  WHERE a.outcome IN ('applied', 'recorded', 'refused')
), newest AS (
  SELECT DISTINCT ON (c.customer_id, c.event_id) c.customer_id, c.event_id, c.credits, c.void
  FROM events AS e
  JOIN ledger_correction AS c ON c.customer_id = e.customer_id AND c.event_id = e.id
  ORDER BY c.customer_id, c.event_id, c.no DESC
), fates AS (
  SELECT CASE status WHEN 'a' THEN 'applied' WHEN 'o' THEN 'recorded' ELSE 'refused' END AS fate,
         count(*) AS n
  FROM events GROUP BY 1
  UNION ALL
  SELECT coalesce(outcome, kind), count(*) FROM aside
  WHERE outcome IS NULL OR outcome NOT IN ('applied', 'recorded', 'refused') GROUP BY 1
  UNION ALL
  SELECT 'duplicate', sum(r.messages)
  FROM deliveries AS d JOIN ledger_duplicatecount AS r ON r.batch_id = d.batch_id
), summed AS (
  SELECT fate, sum(n)::bigint AS n FROM fates WHERE n > 0 GROUP BY fate
)
SELECT coalesce((SELECT json_object_agg(fate, n) FROM summed), '{}')::text,
       (SELECT count(*) FROM newest WHERE void),
       (SELECT coalesce(sum(coalesce(n.credits, e.credits)), 0) FROM events AS e
        LEFT JOIN newest AS n ON n.customer_id = e.customer_id AND n.event_id = e.id
        WHERE e.status = 'a'),
       (SELECT min(t) FROM (SELECT event_time AS t FROM events UNION ALL
                            SELECT event_time FROM aside) AS x),
       (SELECT max(t) FROM (SELECT event_time AS t FROM events UNION ALL
                            SELECT event_time FROM aside) AS x)
