-- What became of a block by posting date, through %(on)s, and through %(until)s as far as a run has counted it
-- already: it was recorded before %(counted)s, the instant of the last run, or was settled by a posting run. Credits
-- used, the part of them used as an agent, expired, taken back, and the value of what was taken back, in minor
-- units of the books' currency.
-- A late event takes its credits back from an expiry that was posted on a later day than its own (L9): as of
-- its day nothing has expired yet, and less than nothing never has.
WITH pieces AS (
  SELECT 'CONSUME' AS type, d.revenue_class,
         least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos) AS credits, 0::bigint AS value
  FROM ledger_segment AS g
  JOIN ledger_layout AS l
    ON l.customer_id = g.customer_id AND l.pool_id = g.pool_id AND l.line = g.line
   AND l.no = g.layout_no
  JOIN ledger_drain AS d
    ON d.customer_id = g.customer_id AND d.pool_id = g.pool_id AND d.line = g.line
   AND d.pos >= l.start_pos AND d.pos < g.pos_end AND d.pos_end > g.pos
   AND d.layout_no = g.layout_no
  WHERE g.customer_id = %(customer)s AND g.block_id = %(block)s AND d.posting_date <= %(until)s
    AND (d.posting_date <= %(on)s OR d.recorded_at < %(counted)s::timestamptz)
  UNION ALL
  SELECT replace(m.type, '_REVERSAL', ''), m.revenue_class, m.credits,
         creditops_released(k.cost_functional_minor, k.quantity, m.r0 + m.credits)
           - creditops_released(k.cost_functional_minor, k.quantity, m.r0)
  FROM ledger_move AS m
  JOIN ledger_costlayer AS k ON k.customer_id = m.customer_id AND k.id = m.layer_id
  JOIN ledger_poolstate AS s ON s.customer_id = m.customer_id AND s.pool_id = m.pool_id
  WHERE m.customer_id = %(customer)s AND m.block_id = %(block)s AND m.posting_date <= %(until)s
    AND (m.posting_date <= %(on)s OR m.recorded_at < %(counted)s::timestamptz
         OR m.type NOT LIKE 'CONSUME%%' AND m.seq <= s.posted_seq)
)
SELECT coalesce(sum(credits) FILTER (WHERE type = 'CONSUME'), 0)::bigint,
       coalesce(sum(credits) FILTER (WHERE type = 'CONSUME' AND revenue_class = 'agent'), 0)::bigint,
       greatest(0, coalesce(sum(credits) FILTER (WHERE type = 'EXPIRE'), 0))::bigint,
       coalesce(sum(credits) FILTER (WHERE type = 'REVOKE'), 0)::bigint,
       coalesce(sum(value) FILTER (WHERE type = 'REVOKE'), 0)::bigint
FROM pieces
