-- Moves the counters of these lines of scopes on, under the locks that were taken on their pools.
UPDATE ledger_scopeline AS s
SET consumed = n.consumed
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(numbers)s::bigint[], %(consumed)s::bigint[])
  AS n (customer_id, pool_id, line, consumed)
WHERE s.customer_id = n.customer_id AND s.pool_id = n.pool_id AND s.line = n.line
  AND s.consumed <> n.consumed
