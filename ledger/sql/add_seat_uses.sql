-- Adds what these seats drew; their pools are locked.
INSERT INTO ledger_seatuse (customer_id, pool_id, period, user_id, credits)
SELECT w.customer_id, w.pool_id, w.month, u.id, w.credits
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(months)s::date[], %(users)s::text[],
            %(credits)s::bigint[]) AS w (customer_id, pool_id, month, name, credits)
JOIN ledger_username AS u ON u.customer_id = w.customer_id AND u.name = w.name
ORDER BY w.customer_id, w.pool_id, w.month, u.id
ON CONFLICT (customer_id, pool_id, period, user_id)
DO UPDATE SET credits = ledger_seatuse.credits + excluded.credits
