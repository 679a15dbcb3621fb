-- A pool knows how many lines of scopes it has, numbered 1 to n; each ends its credits where its newest layout's
-- segments end; and a block that pays for some meters only lies on the line of exactly these, any other on the
-- general one.
SELECT format('pool %s-%s', s.customer_id, s.pool_id),
       format('has %s lines of scopes, numbered up to %s; its state says %s', coalesce(x.lines, 0),
              coalesce(x.last, 0), s.scope_lines)
FROM ledger_poolstate AS s
LEFT JOIN (
  SELECT customer_id, pool_id, count(*) AS lines, max(line) AS last
  FROM ledger_scopeline GROUP BY customer_id, pool_id
) AS x ON x.customer_id = s.customer_id AND x.pool_id = s.pool_id
WHERE (coalesce(x.lines, 0), coalesce(x.last, 0)) <> (s.scope_lines, s.scope_lines)
UNION ALL
SELECT format('line %s of pool %s-%s', x.line, x.customer_id, x.pool_id),
       format('its credits end at %s, its segments at %s', x.limit_pos, laid.pos_end)
FROM ledger_scopeline AS x
JOIN ledger_poolstate AS s ON s.customer_id = x.customer_id AND s.pool_id = x.pool_id
CROSS JOIN LATERAL (
  SELECT coalesce(max(g.pos_end), (
           SELECT l.start_pos FROM ledger_layout AS l
           WHERE l.customer_id = x.customer_id AND l.pool_id = x.pool_id AND l.line = x.line
             AND l.no = s.layout_no)) AS pos_end
  FROM ledger_segment AS g
  WHERE g.customer_id = x.customer_id AND g.pool_id = x.pool_id AND g.line = x.line
    AND g.layout_no = s.layout_no
) AS laid
WHERE x.limit_pos IS DISTINCT FROM laid.pos_end
UNION ALL
SELECT format('layout %s of pool %s-%s', g.layout_no, g.customer_id, g.pool_id),
       format('has block %s on line %s, which is not that of its scope', g.block_id, g.line)
FROM ledger_segment AS g
LEFT JOIN ledger_block AS b ON b.customer_id = g.customer_id AND b.id = g.block_id
LEFT JOIN ledger_scopeline AS x
  ON x.customer_id = g.customer_id AND x.pool_id = g.pool_id AND x.line = g.line
WHERE CASE WHEN g.line = 0 THEN b.meters IS NOT NULL
           ELSE (x.meters @> b.meters AND x.meters <@ b.meters) IS NOT TRUE END
