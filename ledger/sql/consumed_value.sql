-- What was used of paid credits in windows of time, and what it was worth (M4): per window and block, in
-- the currency asked for and in the books' own. Overage has no block and its term's price. Credits that
-- nobody paid for (promotional, daily, compensation) are left out, whatever layer values them.
--
-- A use counts by the time of its event, corrections by that of the event corrected, and only as known at
-- the window's `known`. The events of a drain lie in the order of their times, so a drain that straddles
-- the beginning or the end of a window counts from, or up to, the event in between. What lies end to end is
-- one piece: what it releases is a difference of two roundings however it is cut. A layout's drains in a
-- window do if they are as long together as the way from the first to the last, which is one pass without
-- sorting; only where something lies between they are put in order.
WITH windows AS (
  SELECT * FROM unnest(
    %(numbers)s::int[], %(customers)s::bigint[], %(holders)s::bigint[], %(currencies)s::text[],
    %(firsts)s::timestamptz[], %(lasts)s::timestamptz[], %(known)s::timestamptz[]
  ) AS w (n, customer_id, holder_id, currency, first, last, known)
),
asked AS (
  -- By the holder alone, whose customer is given with it: were both asked for, the planner would take
  -- them for independent, expect one pool, and go through the drains of many pool by pool.
  SELECT w.n, w.currency, w.first, w.last, w.known, w.customer_id, p.id AS pool_id
  FROM windows AS w
  JOIN ledger_pool AS p ON p.holder_id = w.holder_id
),
inside AS MATERIALIZED (
  -- What is of no window is left out within the aggregates: as a condition it would be taken for rare, and
  -- the rest be sorted instead of hashed.
  SELECT d.n, d.pool_id, d.line, d.layout_no, min(d.pos) FILTER (WHERE d.inside) AS pos,
         max(d.pos_end) FILTER (WHERE d.inside) AS pos_end,
         sum(d.pos_end - d.pos) FILTER (WHERE d.inside) AS length, bool_or(NOT d.inside) AS edged
  FROM (
    SELECT a.n, d.pool_id, d.line, d.layout_no, d.pos, d.pos_end,
           CASE WHEN d.recorded_at <= a.known AND d.time_min < a.last AND d.time_max >= a.first
                THEN d.time_min >= a.first AND d.time_max < a.last END AS inside
    FROM asked AS a
    JOIN ledger_drain AS d ON d.customer_id = a.customer_id AND d.pool_id = a.pool_id
  ) AS d
  GROUP BY d.n, d.pool_id, d.line, d.layout_no
),
layouts AS (
  SELECT a.*, i.line, i.layout_no, i.pos, i.pos_end, i.length = i.pos_end - i.pos AS whole, i.edged
  FROM inside AS i JOIN asked AS a ON a.n = i.n AND a.pool_id = i.pool_id
),
astride AS (
  SELECT a.n, a.currency, d.customer_id, d.pool_id, d.line, d.layout_no,
         CASE WHEN d.time_min >= a.first THEN d.pos ELSE before_first.pos END AS pos,
         CASE WHEN d.time_max < a.last THEN d.pos_end ELSE before_last.pos END AS pos_end
  FROM layouts AS a
  JOIN ledger_drain AS d
    ON d.customer_id = a.customer_id AND d.pool_id = a.pool_id AND d.line = a.line
   AND d.layout_no = a.layout_no
   AND d.recorded_at <= a.known AND d.time_min < a.last AND d.time_max >= a.first
   AND (d.time_min < a.first OR d.time_max >= a.last)
  LEFT JOIN LATERAL (
    SELECT coalesce(max(e.pos + e.credits), d.pos) AS pos FROM (
      SELECT u.pos, u.credits FROM ledger_usageevent AS u
      WHERE u.customer_id = d.customer_id AND u.pool_id = d.pool_id AND u.line = d.line
        AND u.event_time >= d.time_min AND u.event_time < a.first
        AND u.pos >= d.pos AND u.pos < d.pos_end
      UNION ALL
      SELECT p.pos, p.credits
      FROM ledger_usagepart AS p
      JOIN ledger_usageevent AS u ON u.customer_id = p.customer_id AND u.id = p.event_id
      WHERE p.customer_id = d.customer_id AND p.pool_id = d.pool_id AND p.line = d.line
        AND u.event_time >= d.time_min AND u.event_time < a.first
        AND p.pos >= d.pos AND p.pos < d.pos_end
    ) AS e
  ) AS before_first ON d.time_min < a.first
  LEFT JOIN LATERAL (
    SELECT coalesce(max(e.pos + e.credits), d.pos) AS pos FROM (
      SELECT u.pos, u.credits FROM ledger_usageevent AS u
      WHERE u.customer_id = d.customer_id AND u.pool_id = d.pool_id AND u.line = d.line
        AND u.event_time >= d.time_min AND u.event_time < a.last
        AND u.pos >= d.pos AND u.pos < d.pos_end
      UNION ALL
      SELECT p.pos, p.credits
      FROM ledger_usagepart AS p
      JOIN ledger_usageevent AS u ON u.customer_id = p.customer_id AND u.id = p.event_id
      WHERE p.customer_id = d.customer_id AND p.pool_id = d.pool_id AND p.line = d.line
        AND u.event_time >= d.time_min AND u.event_time < a.last
        AND p.pos >= d.pos AND p.pos < d.pos_end
    ) AS e
  ) AS before_last ON d.time_max >= a.last
  WHERE a.edged
),
torn AS (
  SELECT d.*, sum(CASE WHEN d.pos = d.before THEN 0 ELSE 1 END) OVER (
           PARTITION BY d.n, d.customer_id, d.pool_id, d.line, d.layout_no ORDER BY d.pos) AS island
  FROM (
    SELECT i.n, i.currency, i.customer_id, i.pool_id, i.line, i.layout_no, d.pos, d.pos_end,
           lag(d.pos_end) OVER (
             PARTITION BY i.n, i.customer_id, i.pool_id, i.line, i.layout_no ORDER BY d.pos) AS before
    FROM layouts AS i
    JOIN ledger_drain AS d
      ON d.customer_id = i.customer_id AND d.pool_id = i.pool_id AND d.line = i.line
     AND d.layout_no = i.layout_no AND d.pos >= i.pos AND d.pos < i.pos_end
     AND d.recorded_at <= i.known AND d.time_min >= i.first AND d.time_max < i.last
    WHERE NOT i.whole
  ) AS d
),
islands AS (
  SELECT n, currency, customer_id, pool_id, line, layout_no, pos, pos_end FROM layouts WHERE whole
  UNION ALL
  SELECT n, currency, customer_id, pool_id, line, layout_no, min(pos), max(pos_end)
  FROM torn
  GROUP BY n, currency, customer_id, pool_id, line, layout_no, island
  UNION ALL
  SELECT n, currency, customer_id, pool_id, line, layout_no, pos, pos_end FROM astride WHERE pos_end > pos
),
pieces AS (
  SELECT i.n, i.currency, i.customer_id, g.block_id, g.layer_id,
         g.r0 + greatest(g.pos, i.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, i.pos_end) - g.pos AS r_to
  FROM islands AS i
  JOIN ledger_segment AS g
    ON g.customer_id = i.customer_id AND g.pool_id = i.pool_id AND g.line = i.line
   AND g.layout_no = i.layout_no AND g.pos < i.pos_end AND g.pos_end > i.pos
  UNION ALL
  SELECT a.n, a.currency, m.customer_id, m.block_id, m.layer_id, m.r0, m.r0 + m.credits
  FROM asked AS a
  JOIN ledger_move AS m
    ON m.customer_id = a.customer_id AND m.pool_id = a.pool_id
   AND m.type IN ('CONSUME', 'OVERAGE', 'CONSUME_REVERSAL', 'OVERAGE_REVERSAL')
   AND m.effective_at >= a.first AND m.effective_at < a.last AND m.recorded_at <= a.known
)
SELECT p.n, p.block_id, sum(p.r_to - p.r_from)::bigint,
       sum(creditops_released(l.cost_minor, l.quantity, p.r_to)
         - creditops_released(l.cost_minor, l.quantity, p.r_from))::bigint,
       sum(creditops_released(l.cost_functional_minor, l.quantity, p.r_to)
         - creditops_released(l.cost_functional_minor, l.quantity, p.r_from))::bigint
FROM pieces AS p
JOIN ledger_costlayer AS l
  ON l.customer_id = p.customer_id AND l.id = p.layer_id AND l.currency = p.currency
LEFT JOIN ledger_block AS b ON b.customer_id = p.customer_id AND b.id = p.block_id
WHERE b.id IS NULL OR b.kind NOT IN ('promo', 'daily', 'compensation')
GROUP BY p.n, p.block_id
ORDER BY p.n, p.block_id NULLS LAST
