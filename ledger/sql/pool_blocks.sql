-- The blocks of these pools that may still matter: with credits left or expired, and an end after
-- the pool's horizon (the oldest event time in question); besides those asked for by id.
-- With their newest change and cost layer, and their state as of the pool's newest layout. On a layer
-- that blocks share, what is gone from any of them since they came to it is released.
SELECT b.pool_id, b.id, b.kind, b.priority, b.granted, b.effective_at, b.term_start,
       change.expires_at, s.until, b.meters, s.counted_before, s.used, s.expired, s.voided,
       layer.id, layer.quantity, layer.cost_minor,
       CASE WHEN layer.kind = 'pooled' THEN shared.released
            ELSE s.used + s.expired + s.voided END
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(horizons)s::timestamptz[])
  AS wanted (customer_id, pool_id, horizon)
JOIN ledger_blockstate AS s
  ON s.customer_id = wanted.customer_id AND s.pool_id = wanted.pool_id
 AND ((s.open AND (s.until IS NULL OR s.until > wanted.horizon))
      OR s.block_id = ANY (%(extra)s::bigint[]))
JOIN ledger_block AS b ON b.customer_id = s.customer_id AND b.id = s.block_id
CROSS JOIN LATERAL (
  SELECT c.expires_at FROM ledger_blockchange AS c
  WHERE c.customer_id = b.customer_id AND c.block_id = b.id ORDER BY c.no DESC LIMIT 1
) AS change
CROSS JOIN LATERAL (
  SELECT l.id, l.quantity, l.cost_minor, l.kind FROM ledger_blocklayer AS bl
  JOIN ledger_costlayer AS l ON l.customer_id = bl.customer_id AND l.id = bl.layer_id
  WHERE bl.customer_id = b.customer_id AND bl.block_id = b.id ORDER BY bl.no DESC LIMIT 1
) AS layer
LEFT JOIN LATERAL (
  SELECT sum(x.used + x.expired + x.voided - bl.gone)::bigint AS released
  FROM ledger_blocklayer AS bl
  JOIN ledger_blockstate AS x ON x.customer_id = bl.customer_id AND x.block_id = bl.block_id
  WHERE bl.customer_id = b.customer_id AND bl.layer_id = layer.id
) AS shared ON layer.kind = 'pooled'
ORDER BY b.pool_id, b.id
