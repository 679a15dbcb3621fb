-- Every movement of credits: grants (> 0), uses, expiries and revocations (< 0), what came back (> 0).
SELECT b.customer_id, b.pool_id, b.id AS block_id, 'GRANT' AS type, b.granted AS credits,
       b.effective_at, b.recorded_at
FROM ledger_block AS b
UNION ALL
SELECT d.customer_id, d.pool_id, g.block_id,
       CASE WHEN g.block_id IS NULL THEN 'OVERAGE' ELSE 'CONSUME' END,
       greatest(g.pos, d.pos) - least(g.pos_end, d.pos_end), d.time_max, d.recorded_at
FROM ledger_drain AS d
JOIN ledger_segment AS g
  ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
 AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
UNION ALL
SELECT m.customer_id, m.pool_id, m.block_id, m.type, -m.credits, m.effective_at, m.recorded_at
FROM ledger_move AS m
