-- The holders of the customers that a batch names, and those it names by code, with their terms.
SELECT h.customer_id, h.id, h.kind, h.code, c.code, h.time_zone, h.is_default,
       array_agg(t.starts_at ORDER BY t.starts_at) FILTER (WHERE t.id IS NOT NULL),
       array_agg(t.ends_at ORDER BY t.starts_at) FILTER (WHERE t.id IS NOT NULL)
FROM ledger_holder AS h
JOIN accounts_customer AS c ON c.id = h.customer_id
LEFT JOIN ledger_term AS t ON t.customer_id = h.customer_id AND t.holder_id = h.id
WHERE h.customer_id = ANY (%(customers)s::bigint[]) OR h.code = ANY (%(codes)s::text[])
GROUP BY h.customer_id, h.id, c.code
ORDER BY h.customer_id, h.id
