-- The overage of a term is what its rows say as of the newest layout. How far it may go is decided when
-- the line is laid out: no segment of overage is longer than the cap then allows.
WITH ends AS (
  SELECT l.customer_id, l.pool_id, l.line, l.no, l.term_id,
         lead(l.start_pos) OVER (PARTITION BY l.customer_id, l.pool_id, l.line ORDER BY l.no) AS end_pos
  FROM ledger_layout AS l
),
rows_say AS (
  SELECT x.customer_id, x.pool_id, x.term_id, sum(x.credits) AS overage
  FROM (
    SELECT e.customer_id, e.pool_id, e.term_id,
           greatest(0, least(g.pos_end, e.end_pos) - g.pos) AS credits
    FROM ends AS e
    JOIN ledger_segment AS g
      ON g.customer_id = e.customer_id AND g.pool_id = e.pool_id AND g.line = e.line
     AND g.layout_no = e.no AND g.block_id IS NULL
    WHERE e.end_pos IS NOT NULL
    UNION ALL
    SELECT m.customer_id, m.pool_id, m.term_id, m.credits FROM ledger_move AS m
    WHERE m.type LIKE 'OVERAGE%'
  ) AS x GROUP BY x.customer_id, x.pool_id, x.term_id
)
SELECT format('term %s of pool %s-%s', u.term_id, u.customer_id, u.pool_id),
       format('its state says overage %s, rows say %s', u.overage, coalesce(r.overage, 0))
FROM ledger_termuse AS u
LEFT JOIN rows_say AS r
  ON r.customer_id = u.customer_id AND r.pool_id = u.pool_id AND r.term_id = u.term_id
WHERE u.term_id <> 0 AND u.overage <> coalesce(r.overage, 0)
