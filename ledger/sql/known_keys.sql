-- Which of these identities are stored already, as usage or among the messages that were set aside: their
-- places in the arrays. One index probe each: the lateral with LIMIT 1 keeps the planner from joining
-- against the whole history.
SELECT wanted.ord::integer - 1
FROM unnest(%(customers)s::bigint[], %(sources)s::bigint[], %(keys)s::text[], %(codes)s::text[])
  WITH ORDINALITY AS wanted (customer_id, source_id, key, code, ord)
LEFT JOIN LATERAL (
  SELECT 1 AS hit FROM ledger_usageevent AS x
  WHERE x.customer_id = wanted.customer_id AND x.source_id = wanted.source_id::integer
    AND x.key = wanted.key
  LIMIT 1
) AS stored ON true
LEFT JOIN LATERAL (
  SELECT 1 AS hit FROM ledger_usageexception AS y
  WHERE y.customer_code = wanted.code AND y.source_id = wanted.source_id::integer
    AND y.key = wanted.key AND y.kind <> 'conflict'
  LIMIT 1
) AS aside ON true
WHERE stored.hit IS NOT NULL OR aside.hit IS NOT NULL
