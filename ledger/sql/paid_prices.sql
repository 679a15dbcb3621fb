-- What the paid credits of these pools cost, all blocks that were ever granted together: credits and minor
-- units per pool and currency.
SELECT b.pool_id, l.currency, sum(l.cost_minor)::bigint, sum(l.quantity)::bigint
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS w (customer_id, pool_id)
JOIN ledger_block AS b ON b.customer_id = w.customer_id AND b.pool_id = w.pool_id AND b.kind = 'paid'
JOIN ledger_blocklayer AS y ON y.customer_id = b.customer_id AND y.block_id = b.id
JOIN ledger_costlayer AS l ON l.customer_id = y.customer_id AND l.id = y.layer_id
WHERE l.cost_minor > 0
GROUP BY b.pool_id, l.currency
ORDER BY b.pool_id, l.currency
