-- What is needed to find the settings of these pools' holders.
SELECT p.id, h.customer_id, h.id, h.kind, h.code, c.code, h.time_zone
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS wanted (customer_id, pool_id)
JOIN ledger_pool AS p ON p.customer_id = wanted.customer_id AND p.id = wanted.pool_id
JOIN ledger_holder AS h ON h.customer_id = p.customer_id AND h.id = p.holder_id
JOIN accounts_customer AS c ON c.id = h.customer_id
