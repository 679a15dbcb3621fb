-- Available credits and overage of the running term of these pools, from their states alone.
SELECT c.code, h.code, u.code, greatest(0, greatest(0, s.limit_pos - s.consumed) + s.scoped_left - s.held),
       coalesce(t.overage, 0) + greatest(0, s.consumed - s.limit_pos)
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS wanted (customer_id, pool_id)
JOIN ledger_poolstate AS s
  ON s.customer_id = wanted.customer_id AND s.pool_id = wanted.pool_id
JOIN ledger_pool AS p ON p.customer_id = s.customer_id AND p.id = s.pool_id
JOIN ledger_holder AS h ON h.customer_id = p.customer_id AND h.id = p.holder_id
JOIN ledger_creditunit AS u ON u.id = p.unit_id
JOIN accounts_customer AS c ON c.id = p.customer_id
LEFT JOIN ledger_termuse AS t
  ON t.customer_id = s.customer_id AND t.pool_id = s.pool_id AND t.term_id = s.term_id
ORDER BY c.code, h.code, u.code
