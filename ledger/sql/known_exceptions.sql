-- What is stored under these identities among the messages that were set aside.
SELECT wanted.ord::integer - 1, x.id, x.kind, x.code, x.body::text
FROM unnest(%(codes)s::text[], %(sources)s::bigint[], %(keys)s::text[])
  WITH ORDINALITY AS wanted (customer_code, source_id, key, ord)
CROSS JOIN LATERAL (
  SELECT * FROM ledger_usageexception AS y
  WHERE y.customer_code = wanted.customer_code AND y.source_id = wanted.source_id::integer
    AND y.key = wanted.key AND y.kind <> 'conflict'
  LIMIT 1
) AS x
