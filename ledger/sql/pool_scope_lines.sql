-- The lines of these pools' scopes, by number: which meters, where the counter stands and the credits end, and
-- whether there are credits that are not laid out.
SELECT s.pool_id, s.line, s.meters, s.consumed, s.limit_pos, s.beside
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS wanted (customer_id, pool_id)
JOIN ledger_scopeline AS s ON s.customer_id = wanted.customer_id AND s.pool_id = wanted.pool_id
ORDER BY s.pool_id, s.line
