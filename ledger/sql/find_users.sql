-- The numbers of these end users.
SELECT u.customer_id, u.name, u.id
FROM unnest(%(customers)s::bigint[], %(names)s::text[]) AS wanted (customer_id, name)
JOIN ledger_username AS u ON u.customer_id = wanted.customer_id AND u.name = wanted.name
