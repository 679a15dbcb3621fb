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
bases AS (
  SELECT a.*, CASE WHEN a.base_turns THEN greatest(a.commitment, all_there.credits)
                   WHEN a.of_all THEN all_there.credits ELSE a.commitment END AS base
  FROM agreed AS a
  LEFT JOIN LATERAL (
    SELECT (SELECT coalesce(sum(greatest(0, least(g.pos_end, n.start_pos) - g.pos)), 0)
            FROM ledger_layout AS l
            JOIN ledger_layout AS n
              ON n.customer_id = l.customer_id AND n.pool_id = l.pool_id AND n.line = l.line
             AND n.no = l.no + 1
            JOIN ledger_segment AS g
              ON g.customer_id = l.customer_id AND g.pool_id = l.pool_id AND g.line = l.line
             AND g.layout_no = l.no
            JOIN ledger_block AS b ON b.customer_id = g.customer_id AND b.id = g.block_id
            WHERE l.customer_id = a.customer_id AND l.pool_id = a.pool_id
              AND l.term_id = a.term_id AND l.no < a.no AND b.kind <> 'daily')
         + (SELECT coalesce(sum(v.credits), 0)
            FROM ledger_move AS v
            JOIN ledger_block AS b ON b.customer_id = v.customer_id AND b.id = v.block_id
            WHERE v.customer_id = a.customer_id AND v.pool_id = a.pool_id AND v.term_id = a.term_id
              AND v.type LIKE 'CONSUME%%' AND v.seq <= a.move_seq AND b.kind <> 'daily')
         + (SELECT coalesce(sum(g.pos_end - g.pos), 0)
            FROM ledger_segment AS g
            JOIN ledger_block AS b ON b.customer_id = g.customer_id AND b.id = g.block_id
            WHERE g.customer_id = a.customer_id AND g.pool_id = a.pool_id AND g.line = 0
              AND g.layout_no = a.no AND b.kind <> 'daily')
         + (SELECT coalesce(sum(b.granted - coalesce(gone.credits, 0) - coalesce(drawn.credits, 0)), 0)
            FROM ledger_block AS b
            CROSS JOIN LATERAL (
              SELECT coalesce(k.frozen_from, k.expires_at) AS until FROM ledger_blockchange AS k
              WHERE k.customer_id = b.customer_id AND k.block_id = b.id AND k.recorded_at <= a.at
              ORDER BY k.no DESC LIMIT 1
            ) AS life
            LEFT JOIN LATERAL (
              SELECT sum(v.credits) AS credits FROM ledger_move AS v
              WHERE v.customer_id = b.customer_id AND v.pool_id = b.pool_id AND v.block_id = b.id
                AND v.seq <= a.move_seq
            ) AS gone ON true
            LEFT JOIN LATERAL (
              SELECT sum(greatest(0, least(g.pos_end, n.start_pos) - g.pos)) AS credits
              FROM ledger_segment AS g
              JOIN ledger_layout AS n
                ON n.customer_id = g.customer_id AND n.pool_id = g.pool_id AND n.line = g.line
               AND n.no = g.layout_no + 1
              WHERE g.customer_id = b.customer_id AND g.block_id = b.id AND g.layout_no < a.no
            ) AS drawn ON true
            WHERE b.customer_id = a.customer_id AND b.pool_id = a.pool_id AND b.meters IS NOT NULL
              AND b.kind <> 'daily' AND b.recorded_at <= a.at AND b.effective_at <= a.at
              AND (life.until IS NULL OR life.until > a.at)) AS credits
    WHERE a.of_all OR a.base_turns
  ) AS all_there ON true
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
