-- Reversals never give back more than was taken: of a move, than it moved; of the line, than the event
-- drew there from that block.
SELECT format('move %s of pool %s-%s', m.seq, m.customer_id, m.pool_id),
       format('%s credits of %s came back', -sum(r.credits), m.credits)
FROM ledger_move AS m
JOIN ledger_move AS r
  ON r.customer_id = m.customer_id AND r.pool_id = m.pool_id AND r.of_seq = m.seq
GROUP BY m.customer_id, m.pool_id, m.seq, m.credits
HAVING -sum(r.credits) > m.credits
UNION ALL
SELECT format('event %s-%s', r.customer_id, r.event_id),
       format('%s credits of %s came back that it drew on the line from block %s', r.credits,
              coalesce(drawn.credits, 0), coalesce(r.block_id::text, 'none'))
FROM (
  SELECT m.customer_id, m.pool_id, m.event_id, m.block_id, -sum(m.credits) AS credits
  FROM ledger_move AS m
  WHERE m.of_seq IS NULL AND m.type IN ('CONSUME_REVERSAL', 'OVERAGE_REVERSAL')
  GROUP BY m.customer_id, m.pool_id, m.event_id, m.block_id
) AS r
LEFT JOIN LATERAL (
  SELECT sum(least(g.pos_end, e.pos + e.credits) - greatest(g.pos, e.pos)) AS credits
  FROM (
    SELECT u.pool_id, u.line, u.pos, u.credits FROM ledger_usageevent AS u
    WHERE u.customer_id = r.customer_id AND u.id = r.event_id
    UNION ALL
    SELECT p.pool_id, p.line, p.pos, p.credits FROM ledger_usagepart AS p
    WHERE p.customer_id = r.customer_id AND p.event_id = r.event_id
  ) AS e
  JOIN LATERAL (
    SELECT d.layout_no FROM ledger_drain AS d
    WHERE d.customer_id = r.customer_id AND d.pool_id = e.pool_id AND d.line = e.line
      AND d.pos <= e.pos
    ORDER BY d.pos DESC LIMIT 1
  ) AS drain ON true
  JOIN ledger_segment AS g
    ON g.customer_id = r.customer_id AND g.pool_id = e.pool_id AND g.line = e.line
   AND g.layout_no = drain.layout_no AND g.pos < e.pos + e.credits AND g.pos_end > e.pos
   AND g.block_id IS NOT DISTINCT FROM r.block_id
  WHERE e.pool_id = r.pool_id
) AS drawn ON true
WHERE r.credits > coalesce(drawn.credits, 0)
