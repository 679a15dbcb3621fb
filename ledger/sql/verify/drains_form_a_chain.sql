-- The drains of a line follow each other without gap or overlap, from 0 to the line's counter.
WITH chained AS (
  SELECT d.customer_id, d.pool_id, d.line, d.pos, d.pos_end,
         lag(d.pos_end, 1, 0::bigint) OVER line AS expected,
         lead(d.pos) OVER line IS NULL AS is_last
  FROM ledger_drain AS d
  WINDOW line AS (PARTITION BY d.customer_id, d.pool_id, d.line ORDER BY d.pos)
)
SELECT format('drain %s of pool %s-%s', c.pos, c.customer_id, c.pool_id),
       format('begins at %s instead of %s', c.pos, c.expected)
FROM chained AS c WHERE c.pos <> c.expected
UNION ALL
SELECT concat('line ' || nullif(coalesce(s.line, c.line), 0) || ' of ',
              format('pool %s-%s', coalesce(s.customer_id, c.customer_id), coalesce(s.pool_id, c.pool_id))),
       format('its counter is %s, its drains end at %s', coalesce(s.consumed, 0), coalesce(c.pos_end, 0))
FROM ledger_line AS s
FULL JOIN (SELECT * FROM chained WHERE is_last) AS c
  ON c.customer_id = s.customer_id AND c.pool_id = s.pool_id AND c.line = s.line
WHERE coalesce(s.consumed, 0) <> coalesce(c.pos_end, 0)
