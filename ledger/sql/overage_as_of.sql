-- Overage per pool and term as of %(as_of)s, as known at %(known_at)s, from the line and from moves.
WITH drains AS (
  SELECT d.customer_id, d.pool_id, d.line, d.layout_no, d.pos,
         CASE WHEN d.time_max <= %(as_of)s THEN d.pos_end
              ELSE coalesce((
                SELECT max(u.pos + u.credits) FROM ledger_usageevent AS u
                WHERE u.customer_id = d.customer_id AND u.pool_id = d.pool_id AND u.line = d.line
                  AND u.event_time BETWEEN d.time_min AND %(as_of)s
                  AND u.pos >= d.pos AND u.pos < d.pos_end), d.pos)
         END AS pos_end
  FROM ledger_drain AS d
  WHERE d.customer_id = %(customer)s AND d.pool_id = ANY (%(pools)s::bigint[])
    AND d.line = 0 AND d.recorded_at <= %(known_at)s AND d.time_min <= %(as_of)s
),
pieces AS (
  SELECT layout.pool_id, layout.term_id,
         least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos) AS credits
  FROM drains AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
   AND g.block_id IS NULL
  JOIN ledger_layout AS layout
    ON layout.customer_id = g.customer_id AND layout.pool_id = g.pool_id
   AND layout.line = g.line AND layout.no = g.layout_no
  UNION ALL
  SELECT m.pool_id, m.term_id, m.credits
  FROM ledger_move AS m
  WHERE m.customer_id = %(customer)s AND m.pool_id = ANY (%(pools)s::bigint[])
    AND m.type IN ('OVERAGE', 'OVERAGE_REVERSAL')
    AND m.recorded_at <= %(known_at)s AND m.effective_at <= %(as_of)s
)
SELECT pool_id, term_id, sum(credits)::bigint FROM pieces GROUP BY pool_id, term_id
