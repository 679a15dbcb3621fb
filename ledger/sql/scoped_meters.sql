-- Of these pools the meters for which a scoped block may still have credits.
SELECT s.pool_id, array_agg(DISTINCT meter)
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS wanted (customer_id, pool_id)
JOIN ledger_blockstate AS s
  ON s.customer_id = wanted.customer_id AND s.pool_id = wanted.pool_id AND s.open
JOIN ledger_block AS b ON b.customer_id = s.customer_id AND b.id = s.block_id
CROSS JOIN LATERAL unnest(b.meters) AS meter
GROUP BY s.pool_id
