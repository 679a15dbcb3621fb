-- Events of deliveries of a backfill that draw credits still: their own, and those that were let in from what
-- they set aside. Flat fees and licences are never loaded so.
WITH deliveries AS MATERIALIZED (
  SELECT * FROM unnest(%(deliveries)s::bigint[]) AS d (batch_id)
), own AS (
  SELECT e.customer_id, e.id
  FROM deliveries AS d
  JOIN ledger_usageevent AS e ON e.id BETWEEN d.batch_id * 65536 AND d.batch_id * 65536 + 65535
  WHERE e.status = 'a' AND e.pool_id IS NOT NULL
  UNION
  SELECT z.event_customer_id, z.event_id
  FROM deliveries AS d
  JOIN ledger_usageexception AS x ON x.batch_id = d.batch_id
  JOIN ledger_exceptionend AS z ON z.exception_id = x.id
  WHERE z.outcome = 'applied'
)
SELECT own.customer_id, own.id
FROM own
WHERE NOT EXISTS (
  SELECT FROM ledger_correction AS c
  WHERE c.customer_id = own.customer_id AND c.event_id = own.id AND c.void)
ORDER BY own.id DESC
LIMIT %(most)s
