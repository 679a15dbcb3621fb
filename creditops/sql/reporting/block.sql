-- Uses as of now: its line's progress within the running layout is counted.
SELECT b.customer_id, c.code AS customer, b.pool_id, b.id AS block_id, b.source, b.kind, b.priority,
       b.granted, s.used + coalesce(run.taken, 0) AS used, s.expired, s.voided,
       b.granted - s.used - coalesce(run.taken, 0) - s.expired - s.voided AS remaining,
       b.effective_at, change.expires_at, layer.cost_minor, layer.quantity AS cost_of_credits,
       layer.currency, b.promo_policy, b.recorded_at, b.granted_by, b.reason
FROM ledger_block AS b
JOIN accounts_customer AS c ON c.id = b.customer_id
JOIN ledger_blockstate AS s ON s.customer_id = b.customer_id AND s.block_id = b.id
JOIN ledger_poolstate AS pool ON pool.customer_id = b.customer_id AND pool.pool_id = b.pool_id
LEFT JOIN LATERAL (
  SELECT least(greatest(line.consumed - g.pos, 0), g.pos_end - g.pos) AS taken
  FROM ledger_segment AS g
  JOIN ledger_line AS line
    ON line.customer_id = g.customer_id AND line.pool_id = g.pool_id AND line.line = g.line
  WHERE g.customer_id = b.customer_id AND g.pool_id = b.pool_id
    AND g.layout_no = pool.layout_no AND g.block_id = b.id
) AS run ON true
CROSS JOIN LATERAL (
  SELECT h.expires_at FROM ledger_blockchange AS h
  WHERE h.customer_id = b.customer_id AND h.block_id = b.id ORDER BY h.no DESC LIMIT 1
) AS change
CROSS JOIN LATERAL (
  SELECT k.cost_minor, k.quantity, k.currency
  FROM ledger_blocklayer AS bl
  JOIN ledger_costlayer AS k ON k.customer_id = bl.customer_id AND k.id = bl.layer_id
  WHERE bl.customer_id = b.customer_id AND bl.block_id = b.id ORDER BY bl.no DESC LIMIT 1
) AS layer
