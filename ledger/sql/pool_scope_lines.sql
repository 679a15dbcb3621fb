-- The lines of these pools' scopes, by number: which meters, where the counter stands and the credits end, and
-- whether there are credits that are not laid out. Pools are told by their places in what is asked.
SELECT wanted.place::integer, array_to_string(s.meters, ','), s.line, s.consumed, s.limit_pos, s.beside::integer
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) WITH ORDINALITY AS wanted (customer_id, pool_id, place)
JOIN ledger_scopeline AS s ON s.customer_id = wanted.customer_id AND s.pool_id = wanted.pool_id
ORDER BY wanted.place, s.line
