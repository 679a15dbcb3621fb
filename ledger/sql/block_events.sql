-- The newest events that a block paid for, before the event %(before)s, each with what it still has of
-- the block: its parts on the line and its moves, less what came back. With the value in minor units of
-- the block's currency.
--
-- A drain holds at least one event that the block paid for, so as many drains of older batches as rows
-- are wanted are enough; what is older than the oldest of them waits for the next page.
WITH touched AS (
  SELECT d.batch_id, d.pool_id, d.line, d.pos AS drained_at, g.pos, g.pos_end, g.r0, g.layer_id
  FROM ledger_segment AS g
  JOIN ledger_drain AS d
    ON d.customer_id = g.customer_id AND d.pool_id = g.pool_id AND d.line = g.line
   AND d.layout_no = g.layout_no AND d.pos < g.pos_end AND d.pos_end > g.pos
  WHERE g.customer_id = %(customer)s AND g.block_id = %(block)s
    AND d.batch_id <= (%(before)s::bigint >> %(index_bits)s)
),
older AS (
  SELECT * FROM touched
  WHERE batch_id < (%(before)s::bigint >> %(index_bits)s)
  ORDER BY batch_id DESC, drained_at DESC
  LIMIT %(most)s
),
drains AS (
  SELECT * FROM older
  UNION ALL
  SELECT * FROM touched WHERE batch_id = (%(before)s::bigint >> %(index_bits)s)
),
oldest AS (
  SELECT CASE WHEN count(*) = %(most)s THEN min(batch_id) << %(index_bits)s ELSE 0 END AS id
  FROM older
),
on_the_line AS (
  SELECT DISTINCT e.id, d.layer_id,
         greatest(d.pos, e.pos) AS pos, least(d.pos_end, e.pos + e.credits) AS pos_end,
         d.r0 + greatest(d.pos, e.pos) - d.pos AS r_from,
         d.r0 + least(d.pos_end, e.pos + e.credits) - d.pos AS r_to
  FROM drains AS d
  JOIN LATERAL (
    SELECT u.id, u.pos, u.credits FROM ledger_usageevent AS u
    WHERE u.customer_id = %(customer)s AND u.pool_id = d.pool_id AND u.line = d.line
      AND u.id >= d.batch_id << %(index_bits)s AND u.id < (d.batch_id + 1) << %(index_bits)s
      AND u.credits > 0 AND u.pos < d.pos_end AND u.pos + u.credits > d.pos
    UNION ALL
    SELECT p.event_id, p.pos, p.credits FROM ledger_usagepart AS p
    WHERE p.customer_id = %(customer)s AND p.pool_id = d.pool_id AND p.line = d.line
      AND p.event_id >= d.batch_id << %(index_bits)s
      AND p.event_id < (d.batch_id + 1) << %(index_bits)s
      AND p.credits > 0 AND p.pos < d.pos_end AND p.pos + p.credits > d.pos
  ) AS e ON true
),
draws AS (
  SELECT l.id, l.pos_end - l.pos AS credits,
         creditops_released(k.cost_minor, k.quantity, l.r_to)
           - creditops_released(k.cost_minor, k.quantity, l.r_from) AS value
  FROM on_the_line AS l
  JOIN ledger_costlayer AS k ON k.customer_id = %(customer)s AND k.id = l.layer_id
  UNION ALL
  SELECT m.event_id, m.credits,
         creditops_released(k.cost_minor, k.quantity, m.r0 + m.credits)
           - creditops_released(k.cost_minor, k.quantity, m.r0)
  FROM ledger_move AS m
  JOIN ledger_costlayer AS k ON k.customer_id = m.customer_id AND k.id = m.layer_id
  WHERE m.customer_id = %(customer)s AND m.block_id = %(block)s
    AND m.type IN ('CONSUME', 'CONSUME_REVERSAL')
)
SELECT d.id, sum(d.credits)::bigint, sum(d.value)::bigint
FROM draws AS d
WHERE d.id < %(before)s AND d.id >= (SELECT id FROM oldest)
GROUP BY d.id
ORDER BY d.id DESC
LIMIT %(most)s
