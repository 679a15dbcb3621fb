-- Adds what these seats drew; their pools are locked. Months are days since 1970.
INSERT INTO ledger_seatuse (customer_id, pool_id, period, user_id, credits)
SELECT w.customer_id, w.pool_id, date '1970-01-01' + w.month::integer, w.user_id, w.credits
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(months)s::bigint[], %(users)s::bigint[],
            %(credits)s::bigint[]) AS w (customer_id, pool_id, month, user_id, credits)
ORDER BY w.customer_id, w.pool_id, w.month, w.user_id
ON CONFLICT (customer_id, pool_id, period, user_id)
DO UPDATE SET credits = ledger_seatuse.credits + excluded.credits
