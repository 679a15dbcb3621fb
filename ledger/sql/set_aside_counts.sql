-- How many messages of each kind wait for a person or were refused lately. Counting stops.
SELECT kind, count(*) FROM (
  SELECT
    x.batch_id * 65536 + x.index_in_batch AS place,
    CASE WHEN x.kind <> 'exception' THEN x.kind WHEN x.code = %(late)s THEN 'late'
         WHEN x.code = ANY (%(unmatched)s) THEN 'unmatched' ELSE 'other' END AS kind
  FROM ledger_usageexception AS x
  WHERE NOT EXISTS (SELECT FROM ledger_exceptionend AS z WHERE z.exception_id = x.id)
    AND (%(meter)s::text IS NULL OR x.meter_code = %(meter)s)
    AND (%(customer)s::text IS NULL OR x.customer_code = %(customer)s)
    AND (%(since)s::timestamptz IS NULL OR x.received_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR x.received_at < %(until)s)
  LIMIT %(most)s * 5
) AS waiting GROUP BY kind
UNION ALL
SELECT 'refused', count(*) FROM (
  SELECT 1
  FROM ledger_usageevent AS e
  JOIN ledger_meter AS m ON m.id = e.meter_id
  JOIN accounts_customer AS c ON c.id = e.customer_id
  WHERE e.status = 'r'
    AND (%(meter)s::text IS NULL OR m.code = %(meter)s)
    AND (%(customer)s::text IS NULL OR c.code = %(customer)s)
    AND e.recorded_at >= %(refused_since)s
    AND (%(until)s::timestamptz IS NULL OR e.recorded_at < %(until)s)
  LIMIT %(most)s
) AS refused
