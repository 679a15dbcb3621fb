-- The exact running sums of fractional items in these pools, which are locked.
SELECT a.pool_id, a.item, a.drawn, a.carry_num, a.carry_den
FROM ledger_accumulator AS a
WHERE a.customer_id = ANY (%(customers)s::bigint[]) AND a.pool_id = ANY (%(pools)s::bigint[])
