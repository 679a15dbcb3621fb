-- What is released from a cost layer, on its line and by moves, in the order of recording, begins where
-- the piece before it ended: so its values add up to what the layer cost, whichever blocks share it.
WITH turns AS (
  SELECT l.customer_id, l.pool_id, l.line, l.no, l.move_seq,
         lead(l.start_pos) OVER same_line AS end_pos,
         lag(l.move_seq) OVER same_line AS moves_before
  FROM ledger_layout AS l
  WINDOW same_line AS (PARTITION BY l.customer_id, l.pool_id, l.line ORDER BY l.no)
),
pieces AS (
  SELECT g.customer_id, g.pool_id, g.layer_id, t.no AS turn, 1 AS stage, g.pos AS place, g.r0,
         g.r0 + greatest(0, least(g.pos_end, t.end_pos, s.consumed) - g.pos) AS r_end
  FROM ledger_segment AS g
  JOIN turns AS t
    ON t.customer_id = g.customer_id AND t.pool_id = g.pool_id AND t.line = g.line
   AND t.no = g.layout_no
  JOIN ledger_line AS s
    ON s.customer_id = g.customer_id AND s.pool_id = g.pool_id AND s.line = g.line
  UNION ALL
  -- A move belongs to the first layout that knows it, before what is drawn there.
  SELECT m.customer_id, m.pool_id, m.layer_id, t.no, 0, m.seq, m.r0, m.r0 + m.credits
  FROM ledger_move AS m
  JOIN turns AS t
    ON t.customer_id = m.customer_id AND t.pool_id = m.pool_id AND t.line = 0
   AND m.seq > coalesce(t.moves_before, 0) AND m.seq <= t.move_seq
),
chained AS (
  SELECT p.*, lag(p.r_end, 1, 0::bigint) OVER (
           PARTITION BY p.customer_id, p.layer_id ORDER BY p.turn, p.stage, p.place) AS before
  FROM pieces AS p
  WHERE p.r_end <> p.r0
)
SELECT format('cost layer %s of customer %s', c.layer_id, c.customer_id),
       format('a piece begins at %s where %s were released', c.r0, c.before)
FROM chained AS c
WHERE c.r0 <> c.before
