-- The running layout of these pools, line by line.
SELECT g.pool_id, g.line, g.pos, g.pos_end, g.block_id, g.layer_id, g.b0, g.u0, g.r0
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(layouts)s::bigint[],
            %(scope_lines)s::bigint[])
  AS wanted (customer_id, pool_id, layout_no, scope_lines)
CROSS JOIN LATERAL generate_series(0, wanted.scope_lines) AS of (line)
JOIN ledger_segment AS g
  ON g.customer_id = wanted.customer_id AND g.pool_id = wanted.pool_id
 AND g.line = of.line AND g.layout_no = wanted.layout_no
ORDER BY g.pool_id, g.line, g.pos
