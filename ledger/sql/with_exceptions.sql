-- Which of these customers have messages that were set aside: their places in the array.
SELECT wanted.ord::integer - 1
FROM unnest(%(codes)s::text[]) WITH ORDINALITY AS wanted (code, ord)
CROSS JOIN LATERAL (
  SELECT FROM ledger_usageexception AS x
  WHERE x.customer_code = wanted.code AND x.kind <> 'conflict'
  LIMIT 1
) AS aside
