-- What each of some events drew and has not given back, in order of recording: its part on each line, cut
-- by the segments of the layout it was drained in, then its moves; each less its reversals; its first unit
-- before the others. With values in minor units of the block's currency and of the books. Of blocks that
-- recognise in proportion to use a draw releases nothing by itself.
WITH event AS (
  SELECT *
  FROM unnest(
    %(customers)s::bigint[], %(events)s::bigint[], %(pools)s::bigint[], %(lines)s::smallint[],
    %(positions)s::bigint[], %(credits)s::bigint[]
  ) AS e (customer_id, id, pool_id, line, pos, credits)
),
part AS (
  SELECT * FROM event
  UNION ALL
  SELECT p.customer_id, p.event_id, p.pool_id, p.line, p.pos, p.credits
  FROM event AS e
  JOIN ledger_usagepart AS p ON p.customer_id = e.customer_id AND p.event_id = e.id
),
line_draws AS (
  SELECT e.customer_id, e.id AS event_id, e.pool_id, 0 AS stage, g.pos AS place, g.block_id, g.layer_id,
         layout.term_id, NULL::bigint AS of_seq, drain.time_min AS used_at,
         g.r0 + greatest(g.pos, e.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, e.pos + e.credits) - g.pos AS r_to
  FROM part AS e
  JOIN LATERAL (
    SELECT d.layout_no, d.time_min FROM ledger_drain AS d
    WHERE d.customer_id = e.customer_id AND d.pool_id = e.pool_id AND d.line = e.line
      AND d.pos <= e.pos
    ORDER BY d.pos DESC LIMIT 1
  ) AS drain ON e.pos IS NOT NULL AND e.credits > 0
  JOIN ledger_segment AS g
    ON g.customer_id = e.customer_id AND g.pool_id = e.pool_id AND g.line = e.line
   AND g.layout_no = drain.layout_no AND g.pos < e.pos + e.credits AND g.pos_end > e.pos
  JOIN ledger_layout AS layout
    ON layout.customer_id = g.customer_id AND layout.pool_id = g.pool_id AND layout.line = g.line
   AND layout.no = g.layout_no
),
move_draws AS (
  SELECT m.customer_id, e.id, m.pool_id, 1, m.seq, m.block_id, m.layer_id, m.term_id, m.seq,
         m.effective_at, m.r0, m.r0 + m.credits
  FROM event AS e
  JOIN ledger_move AS m ON m.customer_id = e.customer_id AND m.event_id = e.id
  WHERE m.type IN ('CONSUME', 'OVERAGE')
),
draws AS (SELECT * FROM line_draws UNION ALL SELECT * FROM move_draws),
given_back AS (
  SELECT m.event_id, m.pool_id, m.block_id, m.of_seq, sum(m.credits) AS credits,
         sum(creditops_released(l.cost_minor, l.quantity, m.r0 + m.credits)
           - creditops_released(l.cost_minor, l.quantity, m.r0)) AS value,
         sum(CASE WHEN m.block_id IS NULL THEN
               creditops_functional(creditops_released(l.cost_minor, l.quantity, m.r0 + m.credits)
                 - creditops_released(l.cost_minor, l.quantity, m.r0), l.currency, m.effective_at)
             ELSE creditops_released(l.cost_functional_minor, l.quantity, m.r0 + m.credits)
                - creditops_released(l.cost_functional_minor, l.quantity, m.r0) END) AS functional
  FROM event AS e
  JOIN ledger_move AS m ON m.customer_id = e.customer_id AND m.event_id = e.id
  JOIN ledger_costlayer AS l ON l.customer_id = m.customer_id AND l.id = m.layer_id
  WHERE m.type IN ('CONSUME_REVERSAL', 'OVERAGE_REVERSAL')
  GROUP BY m.event_id, m.pool_id, m.block_id, m.of_seq
)
SELECT d.event_id, d.pool_id, d.block_id, b.source, b.kind, d.term_id, d.of_seq,
       (d.r_to - d.r_from + coalesce(g.credits, 0))::bigint,
       CASE WHEN b.breakage = 'PROPORTIONAL' THEN 0
            ELSE creditops_released(l.cost_minor, l.quantity, d.r_to)
               - creditops_released(l.cost_minor, l.quantity, d.r_from) + coalesce(g.value, 0)
       END::bigint,
       l.currency,
       CASE WHEN b.breakage = 'PROPORTIONAL' THEN 0
            WHEN d.block_id IS NULL THEN
              creditops_functional(creditops_released(l.cost_minor, l.quantity, d.r_to)
                - creditops_released(l.cost_minor, l.quantity, d.r_from), l.currency, d.used_at)
              + coalesce(g.functional, 0)
            ELSE creditops_released(l.cost_functional_minor, l.quantity, d.r_to)
               - creditops_released(l.cost_functional_minor, l.quantity, d.r_from)
               + coalesce(g.functional, 0)
       END::bigint
FROM draws AS d
JOIN event AS e ON e.id = d.event_id
JOIN ledger_costlayer AS l ON l.customer_id = d.customer_id AND l.id = d.layer_id
LEFT JOIN ledger_block AS b ON b.customer_id = d.customer_id AND b.id = d.block_id
LEFT JOIN given_back AS g
  ON g.event_id = d.event_id AND g.pool_id = d.pool_id AND g.block_id IS NOT DISTINCT FROM d.block_id
 AND g.of_seq IS NOT DISTINCT FROM d.of_seq
ORDER BY d.event_id, d.stage, d.pool_id IS DISTINCT FROM e.pool_id, d.pool_id, d.place
