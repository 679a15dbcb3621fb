-- Which cards price these holders' usage, and since when.
SELECT t.holder_id, t.tariff_name, t.pinned_id, t.starts_at, t.ends_at
FROM unnest(%(customers)s::bigint[], %(holders)s::bigint[]) AS wanted (customer_id, holder_id)
JOIN ledger_holdertariff AS t
  ON t.customer_id = wanted.customer_id AND t.holder_id = wanted.holder_id
ORDER BY t.starts_at
