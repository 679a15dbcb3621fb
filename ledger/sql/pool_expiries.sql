-- The expiries of these blocks after the horizon, less what was reversed of them already: a late
-- event from before such an instant may bring the credits back (L9).
SELECT m.block_id, m.seq, m.effective_at, m.credits + coalesce(sum(r.credits), 0)
FROM ledger_move AS m
LEFT JOIN ledger_move AS r
  ON r.customer_id = m.customer_id AND r.pool_id = m.pool_id AND r.of_seq = m.seq
 AND r.type = 'EXPIRE_REVERSAL'
WHERE m.customer_id = ANY (%(customers)s::bigint[])
  AND m.block_id = ANY (%(blocks)s::bigint[])
  AND m.type = 'EXPIRE'
GROUP BY m.block_id, m.seq, m.effective_at, m.credits
ORDER BY m.effective_at, m.seq
