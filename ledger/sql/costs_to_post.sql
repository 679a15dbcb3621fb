-- Pools with provider costs beyond their posting mark.
SELECT DISTINCT c.customer_id, c.pool_id
FROM ledger_providercost AS c
LEFT JOIN ledger_postedcost AS p ON p.customer_id = c.customer_id AND p.pool_id = c.pool_id
WHERE c.id > coalesce(p.last_id, 0)
ORDER BY c.customer_id, c.pool_id
