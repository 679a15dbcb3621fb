-- Overage never went further than its cap then allowed (O1, O2): where a line was laid out with room for
-- overage, and where overage was drawn beside the line and not late, the cap is computed anew from the
-- lift or the settings in force, and the commitment or all that was available; for a subscription's grace
-- from its own share, of what the period's plan gave or an end of the grace left. Of what changed in that
-- very instant the largest counts, since rows do not say which came first.
WITH reached AS (
  SELECT l.customer_id, l.pool_id, l.term_id, l.no, l.move_seq, l.recorded_at AS at,
         g.u0 + g.pos_end - g.pos AS overage, format('layout %%s', l.no) AS place
  FROM ledger_layout AS l
  JOIN ledger_segment AS g
    ON g.customer_id = l.customer_id AND g.pool_id = l.pool_id AND g.line = l.line
   AND g.layout_no = l.no AND g.block_id IS NULL
  UNION ALL
  SELECT m.customer_id, m.pool_id, m.term_id, next.no, m.seq, m.recorded_at,
         (SELECT coalesce(sum(greatest(0, least(g.pos_end, n.start_pos) - g.pos)), 0)
          FROM ledger_layout AS l
          JOIN ledger_layout AS n
            ON n.customer_id = l.customer_id AND n.pool_id = l.pool_id AND n.line = l.line
           AND n.no = l.no + 1
          JOIN ledger_segment AS g
            ON g.customer_id = l.customer_id AND g.pool_id = l.pool_id AND g.line = l.line
           AND g.layout_no = l.no AND g.block_id IS NULL
          WHERE l.customer_id = m.customer_id AND l.pool_id = m.pool_id AND l.line = 0
            AND l.term_id = m.term_id AND l.no < next.no)
         + (SELECT sum(v.credits) FROM ledger_move AS v
            WHERE v.customer_id = m.customer_id AND v.pool_id = m.pool_id AND v.term_id = m.term_id
              AND v.type LIKE 'OVERAGE%%' AND v.seq <= m.seq),
         format('move %%s', m.seq)
  FROM ledger_move AS m
  JOIN LATERAL (
    SELECT l.no FROM ledger_layout AS l
    WHERE l.customer_id = m.customer_id AND l.pool_id = m.pool_id AND l.line = 0
      AND l.move_seq >= m.seq
    ORDER BY l.no LIMIT 1
  ) AS next ON true
  WHERE m.type = 'OVERAGE' AND NOT m.late
),
settings AS (
  SELECT r.*, h.code AS holder, h.kind = 'subscription' AS graced,
         CASE WHEN h.kind <> 'subscription' THEN pt.commitment ELSE greatest(
           coalesce((SELECT b.base FROM ledger_overagebasis AS b
                     WHERE b.customer_id = r.customer_id AND b.pool_id = r.pool_id
                       AND b.term_id = r.term_id AND b.recorded_at < r.at
                     ORDER BY b.no DESC LIMIT 1), pt.commitment),
           (SELECT max(b.base) FROM ledger_overagebasis AS b
            WHERE b.customer_id = r.customer_id AND b.pool_id = r.pool_id
              AND b.term_id = r.term_id AND b.recorded_at = r.at)) END AS commitment,
         (SELECT max(c.cap) FROM ledger_caplift AS c
          WHERE c.customer_id = r.customer_id AND c.pool_id = r.pool_id AND c.term_id = r.term_id
            AND (c.effective_at = r.at OR c.id = (
              SELECT o.id FROM ledger_caplift AS o
              WHERE o.customer_id = r.customer_id AND o.pool_id = r.pool_id
                AND o.term_id = r.term_id AND o.effective_at < r.at
              ORDER BY o.effective_at DESC, o.id DESC LIMIT 1))) AS lifted,
         EXISTS (SELECT FROM ledger_caplift AS c
          WHERE c.customer_id = r.customer_id AND c.pool_id = r.pool_id AND c.term_id = r.term_id
            AND c.effective_at < r.at) AS surely_lifted,
         scopes.names AS scopes,
         CASE WHEN h.kind = 'subscription' THEN 'grace_pct' ELSE 'overage_pct' END AS share_set
  FROM reached AS r
  JOIN ledger_pool AS p ON p.customer_id = r.customer_id AND p.id = r.pool_id
  JOIN ledger_holder AS h ON h.customer_id = p.customer_id AND h.id = p.holder_id
  JOIN accounts_customer AS c ON c.id = p.customer_id
  JOIN ledger_poolterm AS pt
    ON pt.customer_id = r.customer_id AND pt.pool_id = r.pool_id AND pt.term_id = r.term_id
  CROSS JOIN LATERAL (
    SELECT ARRAY['contract:' || h.code, 'customer:' || c.code, 'books']::text[] AS names
  ) AS scopes
),
agreed AS (
  SELECT s.*, pct.value AS pct,
         EXISTS (
           SELECT FROM lib_policysetting AS v
           WHERE v.name = 'overage_base' AND v.scope = ANY (s.scopes) AND v.effective_at = s.at
         ) AND NOT s.graced AS base_turns,
         NOT s.graced AND coalesce((
           SELECT v.value #>> '{}' FROM lib_policysetting AS v
           WHERE v.name = 'overage_base' AND v.scope = ANY (s.scopes) AND v.effective_at < s.at
           ORDER BY array_position(s.scopes, v.scope::text), v.effective_at DESC, v.version DESC
           LIMIT 1), %(overage_base)s) = 'TOTAL_AVAILABLE' AS of_all
  FROM settings AS s
  CROSS JOIN LATERAL (
    SELECT max(x.value) AS value FROM (
      SELECT (v.value #>> '{}')::numeric AS value FROM lib_policysetting AS v
      WHERE v.name = s.share_set AND v.scope = ANY (s.scopes) AND v.effective_at = s.at
      UNION ALL
      SELECT coalesce((
        SELECT (v.value #>> '{}')::numeric FROM lib_policysetting AS v
        WHERE v.name = s.share_set AND v.scope = ANY (s.scopes) AND v.effective_at < s.at
        ORDER BY array_position(s.scopes, v.scope::text), v.effective_at DESC, v.version DESC
        LIMIT 1), CASE WHEN s.graced THEN %(grace_pct)s::numeric ELSE %(overage_pct)s::numeric END)
    ) AS x
  ) AS pct
),
-- What was all that was available at each of these, where the cap is a share of it: what the term's blocks had
-- given before, on the lines and beside them, what the layout itself lays out, and what was left of blocks for
-- some meters only. Sums up to each place are taken in one pass: asked one by one they would cost the square of
-- a pool's generations.
probes AS MATERIALIZED (
  SELECT DISTINCT customer_id, pool_id, term_id, no, move_seq, at FROM agreed WHERE of_all OR base_turns
),
pools AS (
  SELECT DISTINCT customer_id, pool_id FROM probes
),
generations AS (
  SELECT l.customer_id, l.pool_id, l.line, l.term_id, l.no, lead(l.no) OVER following AS next_no,
         lead(l.start_pos) OVER following AS next_pos
  FROM pools
  JOIN ledger_layout AS l ON l.customer_id = pools.customer_id AND l.pool_id = pools.pool_id
  WINDOW following AS (PARTITION BY l.customer_id, l.pool_id, l.line ORDER BY l.no)
),
uses AS MATERIALIZED (
  SELECT l.customer_id, l.pool_id, l.term_id, l.no, g.block_id, b.meters IS NOT NULL AS scoped,
         sum(greatest(0, least(g.pos_end, l.next_pos) - g.pos)) AS credits
  FROM generations AS l
  JOIN ledger_segment AS g
    ON g.customer_id = l.customer_id AND g.pool_id = l.pool_id AND g.line = l.line
   AND g.layout_no = l.no
  JOIN ledger_block AS b ON b.customer_id = g.customer_id AND b.id = g.block_id
  WHERE l.next_no = l.no + 1 AND b.kind <> 'daily'
  GROUP BY 1, 2, 3, 4, 5, 6
),
-- A probe comes before what has its own number: only what was laid out earlier counts.
on_lines AS (
  SELECT x.*, sum(x.credits) OVER (
    PARTITION BY customer_id, pool_id, term_id ORDER BY no, asks DESC ROWS UNBOUNDED PRECEDING) AS upto
  FROM (
    SELECT customer_id, pool_id, term_id, no, credits, false AS asks FROM uses
    UNION ALL
    SELECT DISTINCT customer_id, pool_id, term_id, no, 0, true FROM probes
  ) AS x
),
-- And after the move of its own number.
beside AS (
  SELECT x.*, sum(x.credits) OVER (
    PARTITION BY customer_id, pool_id, term_id ORDER BY seq, asks ROWS UNBOUNDED PRECEDING) AS upto
  FROM (
    SELECT v.customer_id, v.pool_id, v.term_id, v.seq, v.credits, false AS asks
    FROM pools
    JOIN ledger_move AS v ON v.customer_id = pools.customer_id AND v.pool_id = pools.pool_id
    JOIN ledger_block AS b ON b.customer_id = v.customer_id AND b.id = v.block_id
    WHERE v.type LIKE 'CONSUME%%' AND b.kind <> 'daily'
    UNION ALL
    SELECT DISTINCT customer_id, pool_id, term_id, move_seq, 0, true FROM probes
  ) AS x
),
laid_out AS (
  SELECT g.customer_id, g.pool_id, g.layout_no AS no, sum(g.pos_end - g.pos) AS credits
  FROM pools
  JOIN ledger_segment AS g
    ON g.customer_id = pools.customer_id AND g.pool_id = pools.pool_id AND g.line = 0
  JOIN ledger_block AS b ON b.customer_id = g.customer_id AND b.id = g.block_id
  WHERE b.kind <> 'daily'
  GROUP BY 1, 2, 3
),
-- Blocks for some meters only that were alive at a probe.
scoped AS MATERIALIZED (
  SELECT a.customer_id, a.pool_id, a.term_id, a.no, a.move_seq, a.at, b.id AS block_id, b.granted
  FROM probes AS a
  JOIN ledger_block AS b
    ON b.customer_id = a.customer_id AND b.pool_id = a.pool_id AND b.meters IS NOT NULL
   AND b.kind <> 'daily' AND b.recorded_at <= a.at AND b.effective_at <= a.at
  CROSS JOIN LATERAL (
    SELECT coalesce(k.frozen_from, k.expires_at) AS until FROM ledger_blockchange AS k
    WHERE k.customer_id = b.customer_id AND k.block_id = b.id AND k.recorded_at <= a.at
    ORDER BY k.no DESC LIMIT 1
  ) AS life
  WHERE life.until IS NULL OR life.until > a.at
),
scoped_on_lines AS (
  SELECT x.*, sum(x.credits) OVER (
    PARTITION BY customer_id, block_id ORDER BY no, asks DESC ROWS UNBOUNDED PRECEDING) AS upto
  FROM (
    SELECT customer_id, block_id, no, credits, false AS asks FROM uses WHERE scoped
    UNION ALL
    SELECT DISTINCT customer_id, block_id, no, 0, true FROM scoped
  ) AS x
),
scoped_beside AS (
  SELECT x.*, sum(x.credits) OVER (
    PARTITION BY customer_id, block_id ORDER BY seq, asks ROWS UNBOUNDED PRECEDING) AS upto
  FROM (
    SELECT v.customer_id, v.block_id, v.seq, v.credits, false AS asks
    FROM (SELECT DISTINCT customer_id, pool_id, block_id FROM scoped) AS b
    JOIN ledger_move AS v
      ON v.customer_id = b.customer_id AND v.pool_id = b.pool_id AND v.block_id = b.block_id
    UNION ALL
    SELECT DISTINCT customer_id, block_id, move_seq, 0, true FROM scoped
  ) AS x
),
left_in_scopes AS (
  SELECT s.customer_id, s.pool_id, s.term_id, s.no, s.move_seq, s.at,
         sum(s.granted - gone.upto - drawn.upto) AS credits
  FROM scoped AS s
  JOIN scoped_beside AS gone
    ON gone.customer_id = s.customer_id AND gone.block_id = s.block_id AND gone.seq = s.move_seq
   AND gone.asks
  JOIN scoped_on_lines AS drawn
    ON drawn.customer_id = s.customer_id AND drawn.block_id = s.block_id AND drawn.no = s.no
   AND drawn.asks
  GROUP BY 1, 2, 3, 4, 5, 6
),
all_there AS (
  SELECT p.*, o.upto + m.upto + coalesce(h.credits, 0) + coalesce(s.credits, 0) AS credits
  FROM probes AS p
  JOIN on_lines AS o
    ON o.customer_id = p.customer_id AND o.pool_id = p.pool_id AND o.term_id = p.term_id
   AND o.no = p.no AND o.asks
  JOIN beside AS m
    ON m.customer_id = p.customer_id AND m.pool_id = p.pool_id AND m.term_id = p.term_id
   AND m.seq = p.move_seq AND m.asks
  LEFT JOIN laid_out AS h
    ON h.customer_id = p.customer_id AND h.pool_id = p.pool_id AND h.no = p.no
  LEFT JOIN left_in_scopes AS s
    ON s.customer_id = p.customer_id AND s.pool_id = p.pool_id AND s.term_id = p.term_id
   AND s.no = p.no AND s.move_seq = p.move_seq AND s.at = p.at
),
bases AS (
  SELECT a.*, CASE WHEN a.base_turns THEN greatest(a.commitment, t.credits)
                   WHEN a.of_all THEN t.credits ELSE a.commitment END AS base
  FROM agreed AS a
  LEFT JOIN all_there AS t
    ON t.customer_id = a.customer_id AND t.pool_id = a.pool_id AND t.term_id = a.term_id
   AND t.no = a.no AND t.move_seq = a.move_seq AND t.at = a.at
),
allowed AS (
  SELECT b.*, CASE WHEN b.surely_lifted THEN b.lifted
                   ELSE greatest(b.lifted, floor(b.pct * b.base / 100)) END AS cap
  FROM bases AS b
)
SELECT format('%%s of pool %%s-%%s', a.place, a.customer_id, a.pool_id),
       format('lets overage of term %%s go to %%s, agreed were %%s', a.term_id, a.overage, a.cap)
FROM allowed AS a
WHERE a.overage > a.cap
ORDER BY a.customer_id, a.pool_id, a.at
