-- The events of a line follow each other without gap or overlap, from 0 to the line's counter.
WITH placed AS (
  SELECT e.customer_id, e.pool_id, e.line, e.pos, e.credits, e.id
  FROM ledger_usageevent AS e WHERE e.pos IS NOT NULL AND e.credits > 0
  UNION ALL
  SELECT p.customer_id, p.pool_id, p.line, p.pos, p.credits, p.event_id
  FROM ledger_usagepart AS p WHERE p.pos IS NOT NULL AND p.credits > 0
),
chained AS (
  SELECT p.*, lag(p.pos + p.credits, 1, 0::bigint) OVER line AS expected,
         lead(p.pos) OVER line IS NULL AS is_last
  FROM placed AS p
  WINDOW line AS (PARTITION BY p.customer_id, p.pool_id, p.line ORDER BY p.pos)
)
SELECT format('event %s-%s', c.customer_id, c.id),
       format('lies at %s of its line instead of %s', c.pos, c.expected)
FROM chained AS c WHERE c.pos <> c.expected
UNION ALL
SELECT concat('line ' || nullif(coalesce(s.line, c.line), 0) || ' of ',
              format('pool %s-%s', coalesce(s.customer_id, c.customer_id), coalesce(s.pool_id, c.pool_id))),
       format('its counter is %s, its events end at %s', coalesce(s.consumed, 0),
              coalesce(c.pos + c.credits, 0))
FROM ledger_line AS s
FULL JOIN (SELECT * FROM chained WHERE is_last) AS c
  ON c.customer_id = s.customer_id AND c.pool_id = s.pool_id AND c.line = s.line
WHERE coalesce(s.consumed, 0) <> coalesce(c.pos + c.credits, 0)
