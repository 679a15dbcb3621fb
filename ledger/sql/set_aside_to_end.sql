-- What waits for a person, the earliest first.
SELECT x.id
  FROM ledger_usageexception AS x
  WHERE NOT EXISTS (SELECT FROM ledger_exceptionend AS z WHERE z.exception_id = x.id)
    AND (%(meter)s::text IS NULL OR x.meter_code = %(meter)s)
    AND (%(customer)s::text IS NULL OR x.customer_code = %(customer)s)
    AND (%(since)s::timestamptz IS NULL OR x.received_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR x.received_at < %(until)s)
    AND (%(kind)s::text IS NULL
      OR (%(kind)s IN ('conflict', 'held') AND x.kind = %(kind)s)
      OR (x.kind = 'exception' AND CASE %(kind)s WHEN 'late' THEN x.code = %(late)s
        WHEN 'unmatched' THEN x.code = ANY (%(unmatched)s)
        WHEN 'other' THEN x.code <> %(late)s AND x.code <> ALL (%(unmatched)s) END))
  ORDER BY x.batch_id, x.index_in_batch LIMIT %(most)s
