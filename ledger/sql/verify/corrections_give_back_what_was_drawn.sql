-- A reversal never gives back more than its event drew there, and undone expiries never exceed them.
SELECT format('move %s of pool %s-%s', m.seq, m.customer_id, m.pool_id),
       format('%s credits of %s came back', -sum(r.credits), m.credits)
FROM ledger_move AS m
JOIN ledger_move AS r
  ON r.customer_id = m.customer_id AND r.pool_id = m.pool_id AND r.of_seq = m.seq
GROUP BY m.customer_id, m.pool_id, m.seq, m.credits
HAVING -sum(r.credits) > m.credits
