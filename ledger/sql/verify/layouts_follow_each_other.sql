-- Layouts are numbered without gap, begin no earlier than the one before, and the newest one knows
-- the pool's newest move. Those of a scope begin with any of the general ones, and have all that follow.
WITH numbered AS (
  SELECT l.*, lag(l.no, 1, CASE WHEN l.line = 0 THEN 0 ELSE l.no - 1 END) OVER line AS before, lag(l.start_pos, 1, 0::bigint) OVER line AS since,
         lead(l.no) OVER line IS NULL AS is_newest
  FROM ledger_layout AS l
  WINDOW line AS (PARTITION BY l.customer_id, l.pool_id, l.line ORDER BY l.no)
)
SELECT format('layout %s of pool %s-%s', n.no, n.customer_id, n.pool_id),
       format('follows number %s, begins at %s after %s', n.before, n.start_pos, n.since)
FROM numbered AS n WHERE n.no <> n.before + 1 OR n.start_pos < n.since
UNION ALL
SELECT concat('line ' || nullif(x.line, 0) || ' of ', format('pool %s-%s', s.customer_id, s.pool_id)),
       format('layout %s and move %s are its newest, its state says %s and %s',
              coalesce(n.no, 0), coalesce(n.move_seq, 0), s.layout_no, s.move_seq)
FROM ledger_poolstate AS s
JOIN ledger_line AS x ON x.customer_id = s.customer_id AND x.pool_id = s.pool_id
LEFT JOIN numbered AS n
  ON n.customer_id = s.customer_id AND n.pool_id = s.pool_id AND n.line = x.line AND n.is_newest
WHERE (s.layout_no, s.move_seq) IS DISTINCT FROM (coalesce(n.no, 0), coalesce(n.move_seq, 0))
UNION ALL
SELECT format('move %s of pool %s-%s', m.seq, m.customer_id, m.pool_id), 'moves are not numbered 1 to n'
FROM (
  SELECT v.*, lag(v.seq, 1, 0::bigint) OVER (PARTITION BY v.customer_id, v.pool_id ORDER BY v.seq) AS before
  FROM ledger_move AS v
) AS m WHERE m.seq <> m.before + 1
