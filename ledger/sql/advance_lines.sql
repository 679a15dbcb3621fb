-- Moves the counters of these lines on, under the locks that were taken on them. Instants are
-- microseconds since 1970.
UPDATE ledger_poolstate AS s
SET consumed = n.consumed, used = n.used,
    current_from = 'epoch'::timestamptz + n.current_from * interval '1 microsecond'
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(consumed)s::bigint[],
            %(used)s::bigint[], %(current_from)s::bigint[])
  AS n (customer_id, pool_id, consumed, used, current_from)
WHERE s.customer_id = n.customer_id AND s.pool_id = n.pool_id AND s.consumed <> n.consumed
