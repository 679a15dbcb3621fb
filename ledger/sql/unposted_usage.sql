-- What these pools have drawn and moved beyond their posting marks, valued: per posting date, kind and
-- revenue class; apart what was used in a month before that of its posting date. The value of a piece is the
-- difference of two roundings of its cost layer (M4), so the pieces of a block add up to its cost however they
-- are cut. Credits taken back are not here: the document that takes them back posts them.
--
-- Free credits that their policy values (at list price, at standard cost) are valued by what is used of
-- the block, u, in place of what is released: what expires of them is worth nothing (V8). Blocks that
-- recognise in proportion to use post nothing here, but by runs of their own (ledger/recognition.py).
--
-- Overage at a price in another currency than the books' is valued in that, and translated piece by piece at
-- the rate in force when it was used (V19): of a batch, at its first event. It comes per term, since it
-- is owed in that currency until it is billed.
--
-- What expired comes per block: a share of it may be the state's, rounded once for each, whatever else is
-- posted in the same run.
--
-- Everything else that lies end to end is valued once, by its ends; where something lies between, piece by piece.
WITH marks AS (
  SELECT s.customer_id, s.pool_id, s.posted_seq
  FROM ledger_poolstate AS s
  WHERE s.customer_id = ANY (%(customers)s::bigint[]) AND s.pool_id = ANY (%(pools)s::bigint[])
),
line_marks AS (
  SELECT s.customer_id, s.pool_id, s.line, s.posted_pos
  FROM ledger_line AS s
  WHERE s.customer_id = ANY (%(customers)s::bigint[]) AND s.pool_id = ANY (%(pools)s::bigint[])
),
books AS (SELECT currency FROM ledger_booksettings),
line_runs AS (
  SELECT d.customer_id, d.pool_id, d.line, d.posting_date, d.revenue_class, d.layout_no, g.pos, g.block_id,
         g.layer_id,
         date_trunc('month', d.time_min AT TIME ZONE %(zone)s)::date
           < date_trunc('month', d.posting_date)::date AS earlier,
         min(d.time_min) AS time_min, m.posted_pos,
         sum(least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos))::bigint AS credits,
         min(greatest(g.pos, d.pos)) - g.pos AS first, max(least(g.pos_end, d.pos_end)) - g.pos AS last
  FROM line_marks AS m
  JOIN ledger_drain AS d
    ON d.customer_id = m.customer_id AND d.pool_id = m.pool_id AND d.line = m.line
   AND d.pos >= m.posted_pos
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
  GROUP BY d.customer_id, d.pool_id, d.line, d.posting_date, d.revenue_class, d.layout_no, g.pos, g.block_id,
           g.layer_id, m.posted_pos, 10
),
line_pieces AS (
  SELECT r.customer_id, r.pool_id, r.posting_date, r.revenue_class, piece.time_min, r.earlier,
         CASE WHEN g.block_id IS NULL THEN 'OVERAGE' ELSE 'CONSUME' END AS type,
         g.block_id, g.layer_id, layout.term_id, g.r0 + piece.first AS r_from, g.r0 + piece.last AS r_to,
         g.u0 + piece.first AS u_from
  FROM line_runs AS r
  CROSS JOIN books
  JOIN ledger_segment AS g
    ON g.customer_id = r.customer_id AND g.pool_id = r.pool_id AND g.line = r.line
   AND g.layout_no = r.layout_no AND g.pos = r.pos
  JOIN ledger_layout AS layout
    ON layout.customer_id = g.customer_id AND layout.pool_id = g.pool_id AND layout.line = g.line
   AND layout.no = g.layout_no
  JOIN ledger_costlayer AS k ON k.customer_id = g.customer_id AND k.id = g.layer_id
  CROSS JOIN LATERAL (
    SELECT r.credits = r.last - r.first AND (g.block_id IS NOT NULL OR k.currency = books.currency) AS whole
  ) AS run
  CROSS JOIN LATERAL (
    SELECT r.first, r.last, r.time_min WHERE run.whole
    UNION ALL
    SELECT greatest(g.pos, d.pos) - g.pos, least(g.pos_end, d.pos_end) - g.pos, d.time_min
    FROM ledger_drain AS d
    WHERE NOT run.whole
      AND d.customer_id = r.customer_id AND d.pool_id = r.pool_id AND d.line = r.line
      AND d.layout_no = r.layout_no AND d.pos >= r.posted_pos
      AND d.pos < g.pos_end AND d.pos_end > g.pos
      AND d.posting_date = r.posting_date AND d.revenue_class = r.revenue_class
      AND (date_trunc('month', d.time_min AT TIME ZONE %(zone)s)::date
             < date_trunc('month', d.posting_date)::date) = r.earlier
  ) AS piece
),
move_pieces AS (
  SELECT v.customer_id, v.pool_id, v.posting_date, v.revenue_class, v.effective_at,
         date_trunc('month', v.effective_at AT TIME ZONE %(zone)s)::date
           < date_trunc('month', v.posting_date)::date,
         v.type, v.block_id, v.layer_id, v.term_id, v.r0, v.r0 + v.credits, used.before
  FROM marks AS m
  JOIN ledger_move AS v
    ON v.customer_id = m.customer_id AND v.pool_id = m.pool_id AND v.seq > m.posted_seq
   AND v.type NOT IN ('REVOKE', 'REVOKE_REVERSAL')
  LEFT JOIN ledger_block AS valued
    ON valued.customer_id = v.customer_id AND valued.id = v.block_id
   AND valued.promo_minor IS NOT NULL AND v.type IN ('CONSUME', 'CONSUME_REVERSAL')
  -- What was used of the block before the move: on the line, in layouts that don't know the move yet,
  -- and by earlier moves.
  LEFT JOIN LATERAL (
    SELECT coalesce((
             SELECT sum(greatest(0, least(g.pos_end, later.start_pos) - g.pos))
             FROM ledger_segment AS g
             JOIN ledger_layout AS l
               ON l.customer_id = g.customer_id AND l.pool_id = g.pool_id AND l.line = g.line
              AND l.no = g.layout_no AND l.move_seq < v.seq
             JOIN ledger_layout AS later
               ON later.customer_id = l.customer_id AND later.pool_id = l.pool_id
              AND later.line = l.line AND later.no = l.no + 1
             WHERE g.customer_id = valued.customer_id AND g.block_id = valued.id), 0)::bigint
         + coalesce((
             SELECT sum(e.credits) FROM ledger_move AS e
             WHERE e.customer_id = valued.customer_id AND e.block_id = valued.id
               AND e.seq < v.seq AND e.type IN ('CONSUME', 'CONSUME_REVERSAL')), 0)::bigint
      AS before
  ) AS used ON valued.id IS NOT NULL
),
pieces AS (SELECT * FROM line_pieces UNION ALL SELECT * FROM move_pieces)
SELECT p.customer_id, p.pool_id, p.posting_date, p.type, p.revenue_class, block.promo_policy,
       sum(CASE
         WHEN abroad.term_id IS NOT NULL THEN
           creditops_functional(abroad.value, l.currency, p.time_min)
         WHEN block.promo_minor IS NULL OR p.type NOT IN ('CONSUME', 'CONSUME_REVERSAL') THEN
           creditops_released(l.cost_functional_minor, l.quantity, p.r_to)
             - creditops_released(l.cost_functional_minor, l.quantity, p.r_from)
         ELSE
           creditops_released(block.promo_minor, block.promo_credits, p.u_from + p.r_to - p.r_from)
             - creditops_released(block.promo_minor, block.promo_credits, p.u_from)
       END)::bigint,
       sum(p.r_to - p.r_from)::bigint,
       min(p.time_min), p.earlier, abroad.term_id, coalesce(max(l.currency) FILTER (WHERE abroad.term_id > 0), ''),
       coalesce(sum(abroad.value), 0)::bigint, lapsed.block_id
FROM pieces AS p
JOIN ledger_costlayer AS l ON l.customer_id = p.customer_id AND l.id = p.layer_id
LEFT JOIN ledger_block AS block ON block.customer_id = p.customer_id AND block.id = p.block_id
CROSS JOIN books
LEFT JOIN LATERAL (
  SELECT p.term_id, creditops_released(l.cost_minor, l.quantity, p.r_to)
                    - creditops_released(l.cost_minor, l.quantity, p.r_from) AS value
) AS abroad ON p.block_id IS NULL AND l.currency <> books.currency
LEFT JOIN LATERAL (SELECT p.block_id) AS lapsed ON p.type IN ('EXPIRE', 'EXPIRE_REVERSAL')
WHERE block.breakage IS DISTINCT FROM 'PROPORTIONAL'
GROUP BY p.customer_id, p.pool_id, p.posting_date, p.type, p.revenue_class, block.promo_policy,
         p.earlier, abroad.term_id, lapsed.block_id
ORDER BY p.customer_id, p.pool_id, p.posting_date, p.type, p.revenue_class,
         block.promo_policy NULLS FIRST, p.earlier, abroad.term_id, lapsed.block_id
