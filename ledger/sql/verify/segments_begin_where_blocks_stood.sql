-- Where a segment begins, as many credits of its block are gone as the rows before it say.
WITH ends AS (
  SELECT l.customer_id, l.pool_id, l.line, l.no, l.move_seq,
         lead(l.start_pos) OVER (PARTITION BY l.customer_id, l.pool_id, l.line ORDER BY l.no) AS end_pos
  FROM ledger_layout AS l
),
lengths AS (
  SELECT g.customer_id, g.pool_id, g.block_id, g.layout_no, g.b0, g.u0, e.move_seq,
         greatest(0, least(g.pos_end, e.end_pos) - g.pos) AS taken
  FROM ledger_segment AS g
  JOIN ends AS e
    ON e.customer_id = g.customer_id AND e.pool_id = g.pool_id AND e.line = g.line
   AND e.no = g.layout_no
  WHERE g.block_id IS NOT NULL
),
sums AS (
  SELECT x.*, coalesce(sum(x.taken) OVER (
           PARTITION BY x.customer_id, x.block_id ORDER BY x.layout_no
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS on_line
  FROM lengths AS x
)
SELECT format('layout %s of pool %s-%s', s.layout_no, s.customer_id, s.pool_id),
       format('block %s begins with %s gone and %s used, rows say %s and %s', s.block_id, s.b0, s.u0,
              s.on_line + coalesce(m.gone, 0), s.on_line + coalesce(m.used, 0))
FROM sums AS s
LEFT JOIN LATERAL (
  SELECT sum(v.credits) AS gone,
         sum(v.credits) FILTER (WHERE v.type LIKE 'CONSUME%') AS used
  FROM ledger_move AS v
  WHERE v.customer_id = s.customer_id AND v.block_id = s.block_id AND v.seq <= s.move_seq
    AND v.pool_id = s.pool_id
) AS m ON true
WHERE s.b0 <> s.on_line + coalesce(m.gone, 0) OR s.u0 <> s.on_line + coalesce(m.used, 0)
