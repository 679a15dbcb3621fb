-- What happened to the blocks of these pools: grants, draws on the line (per event), moves and
-- changes of life, in order of recording, with values in the block's currency and in
-- the books'. Overage stands here too.
WITH line_draws AS (
  SELECT d.customer_id, d.pool_id, d.recorded_at, greatest(g.pos, d.pos) AS place, g.block_id, g.layer_id,
         d.time_min, d.time_max, d.posting_date,
         g.r0 + greatest(g.pos, d.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, d.pos_end) - g.pos AS r_to
  FROM ledger_drain AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
  WHERE d.customer_id = %(customer)s AND d.pool_id = ANY (%(pools)s::bigint[])
),
entries AS (
  SELECT b.pool_id, b.recorded_at, 0 AS stage, b.id AS place, 'GRANT' AS type, b.id AS block_id,
         b.granted AS credits, b.effective_at AS at, NULL::date AS posting_date,
         l.layer_id, NULL::bigint AS r_from, NULL::bigint AS r_to,
         b.effective_at AS used_at
  FROM ledger_block AS b
  JOIN ledger_blocklayer AS l ON l.customer_id = b.customer_id AND l.block_id = b.id AND l.no = 1
  WHERE b.customer_id = %(customer)s AND b.pool_id = ANY (%(pools)s::bigint[])
  UNION ALL
  SELECT x.pool_id, x.recorded_at, 1, x.place,
         CASE WHEN x.block_id IS NULL THEN 'OVERAGE' ELSE 'CONSUME' END, x.block_id,
         -(x.r_to - x.r_from), x.time_max, x.posting_date, x.layer_id, x.r_from, x.r_to,
         x.time_min
  FROM line_draws AS x
  UNION ALL
  SELECT m.pool_id, m.recorded_at, 2, m.seq, m.type, m.block_id, -m.credits, m.effective_at,
         m.posting_date, m.layer_id, m.r0, m.r0 + m.credits, m.effective_at
  FROM ledger_move AS m
  WHERE m.customer_id = %(customer)s AND m.pool_id = ANY (%(pools)s::bigint[])
  UNION ALL
  SELECT b.pool_id, c.recorded_at, 3, c.id, upper(c.act), c.block_id, 0, c.effective_at, NULL,
         NULL, NULL, NULL, NULL
  FROM ledger_blockchange AS c
  JOIN ledger_block AS b ON b.customer_id = c.customer_id AND b.id = c.block_id
  WHERE c.customer_id = %(customer)s AND b.pool_id = ANY (%(pools)s::bigint[]) AND c.no > 1
)
SELECT e.pool_id, e.type, e.block_id, b.source, e.credits, e.at, e.recorded_at, e.posting_date,
       CASE WHEN e.r_from IS NULL THEN NULL
            WHEN b.breakage = 'PROPORTIONAL' AND e.type NOT LIKE 'REVOKE%%' THEN 0
            ELSE abs(creditops_released(l.cost_minor, l.quantity, e.r_to)
                   - creditops_released(l.cost_minor, l.quantity, e.r_from)) END,
       CASE WHEN e.r_from IS NULL THEN NULL
            WHEN b.breakage = 'PROPORTIONAL' AND e.type NOT LIKE 'REVOKE%%' THEN 0
            WHEN e.block_id IS NULL THEN
              abs(creditops_functional(creditops_released(l.cost_minor, l.quantity, e.r_to)
                - creditops_released(l.cost_minor, l.quantity, e.r_from), l.currency, e.used_at))
            ELSE abs(creditops_released(l.cost_functional_minor, l.quantity, e.r_to)
                   - creditops_released(l.cost_functional_minor, l.quantity, e.r_from)) END
FROM entries AS e
LEFT JOIN ledger_block AS b ON b.customer_id = %(customer)s AND b.id = e.block_id
LEFT JOIN ledger_costlayer AS l ON l.customer_id = %(customer)s AND l.id = e.layer_id
ORDER BY e.recorded_at, e.stage, e.place
