-- Every drain lies inside its layout: covered by its segments, between its start and the next one's.
SELECT format('drain %s of pool %s-%s', d.pos, d.customer_id, d.pool_id),
       format('segments of layout %s cover %s of its %s credits', d.layout_no,
              coalesce(covered.credits, 0), d.pos_end - d.pos)
FROM ledger_drain AS d
LEFT JOIN LATERAL (
  SELECT sum(least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos)) AS credits
  FROM ledger_segment AS g
  WHERE g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
    AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
) AS covered ON true
WHERE covered.credits IS DISTINCT FROM d.pos_end - d.pos
