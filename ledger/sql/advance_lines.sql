-- Moves the counters of these lines on, under the locks that were taken on them. `scoped` was drawn on lines
-- of scopes. Instants are microseconds since 1970.
UPDATE ledger_poolstate AS s
SET consumed = n.consumed, used = n.used, scoped_left = s.scoped_left - n.scoped, alert_pos = s.alert_pos - n.scoped,
    current_from = 'epoch'::timestamptz + n.current_from * interval '1 microsecond'
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(consumed)s::bigint[],
            %(used)s::bigint[], %(scoped)s::bigint[], %(current_from)s::bigint[])
  AS n (customer_id, pool_id, consumed, used, scoped, current_from)
WHERE s.customer_id = n.customer_id AND s.pool_id = n.pool_id AND (s.consumed <> n.consumed OR n.scoped > 0)
