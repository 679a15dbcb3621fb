-- Every drain lies inside its layout: covered by its segments, between its start and the next one's.
WITH lasting AS (
  SELECT l.customer_id, l.pool_id, l.line, l.no, l.start_pos,
         lead(l.start_pos) OVER (PARTITION BY l.customer_id, l.pool_id, l.line ORDER BY l.no) AS end_pos
  FROM ledger_layout AS l
)
SELECT format('drain %s of pool %s-%s', d.pos, d.customer_id, d.pool_id),
       format('segments of layout %s, from %s to %s, cover %s of its %s credits', d.layout_no,
              l.start_pos, coalesce(l.end_pos::text, 'now'), coalesce(covered.credits, 0),
              d.pos_end - d.pos)
FROM ledger_drain AS d
LEFT JOIN lasting AS l
  ON l.customer_id = d.customer_id AND l.pool_id = d.pool_id AND l.line = d.line
 AND l.no = d.layout_no
LEFT JOIN LATERAL (
  SELECT sum(least(g.pos_end, d.pos_end, l.end_pos) - greatest(g.pos, d.pos, l.start_pos)) AS credits
  FROM ledger_segment AS g
  WHERE g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
    AND g.layout_no = d.layout_no AND g.pos < least(d.pos_end, l.end_pos)
    AND g.pos_end > greatest(d.pos, l.start_pos)
) AS covered ON true
WHERE covered.credits IS DISTINCT FROM d.pos_end - d.pos
