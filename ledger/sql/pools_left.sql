-- What these pools of many customers have left beside what is held, by their counters as of the newest
-- change: for studies, which may be minutes behind. `pool_totals` is the one to decide by.
SELECT s.pool_id, greatest(0, greatest(0, s.limit_pos - s.consumed) + s.scoped_left - s.held)
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS w (customer_id, pool_id)
JOIN ledger_poolstate AS s ON s.customer_id = w.customer_id AND s.pool_id = w.pool_id
