-- The pools of these holders.
SELECT p.customer_id, p.holder_id, p.unit_id, p.id
FROM unnest(%(customers)s::bigint[], %(holders)s::bigint[]) AS wanted (customer_id, holder_id)
JOIN ledger_pool AS p
  ON p.customer_id = wanted.customer_id AND p.holder_id = wanted.holder_id
