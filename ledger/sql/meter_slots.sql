-- Where use of %(first)s through %(last)s by posting date lies on the lines of pools, as known at %(known_at)s:
-- slots, and what is torn. In a slot everything is of one class of revenue and was drawn from one segment: what
-- stands at p is credit p + shift of a layer that has `quantity` of them for `cost`. Slots are numbered along the
-- lines. `plain` says that whole numbers of 64 bits hold what values it, and that halves round up.
--
-- Drains never overlap. So what a layout drew of a class on a day lies end to end if its drains are as long together
-- as the way from the first to the last; days that meet become one run. A run is cut where segments meet: a drain
-- that lies on both sides is torn. Torn is a day with something between its drains, and a day with use beyond the
-- balance at a price in another currency, each drain of which has its own rate (V19).
--
-- Free credits that a policy values by themselves, and blocks that recognise in proportion to use, have no slots.
WITH days AS MATERIALIZED (
  SELECT d.customer_id, d.pool_id, d.line, d.layout_no, d.revenue_class, d.posting_date,
         min(d.pos) AS pos, max(d.pos_end) AS pos_end, min(d.batch_id) AS first_batch, max(d.batch_id) AS last_batch,
         sum(d.pos_end - d.pos) = max(d.pos_end) - min(d.pos) AS end_to_end
  FROM ledger_drain AS d
  WHERE d.posting_date BETWEEN %(first)s AND %(last)s AND d.recorded_at <= %(known_at)s
  GROUP BY d.customer_id, d.pool_id, d.line, d.layout_no, d.revenue_class, d.posting_date
),
abroad AS MATERIALIZED (
  SELECT g.customer_id, g.pool_id, g.line, g.layout_no, g.pos, g.pos_end
  FROM ledger_segment AS g
  JOIN ledger_costlayer AS k ON k.customer_id = g.customer_id AND k.id = g.layer_id
  WHERE g.block_id IS NULL AND k.currency <> (SELECT currency FROM ledger_booksettings)
),
judged AS MATERIALIZED (
  SELECT d.*, d.end_to_end AND NOT EXISTS (
           SELECT FROM abroad AS a
           WHERE a.customer_id = d.customer_id AND a.pool_id = d.pool_id AND a.line = d.line
             AND a.layout_no = d.layout_no AND a.pos < d.pos_end AND a.pos_end > d.pos) AS whole
  FROM days AS d
),
begun AS (
  SELECT j.*, j.pos IS DISTINCT FROM lag(j.pos_end) OVER w AS begins
  FROM judged AS j WHERE j.whole
  WINDOW w AS (PARTITION BY j.customer_id, j.pool_id, j.line, j.layout_no, j.revenue_class ORDER BY j.pos)
),
counted AS (
  SELECT b.*, count(*) FILTER (WHERE b.begins) OVER w AS run
  FROM begun AS b
  WINDOW w AS (PARTITION BY b.customer_id, b.pool_id, b.line, b.layout_no, b.revenue_class ORDER BY b.pos)
),
runs AS (
  SELECT c.customer_id, c.pool_id, c.line, c.layout_no, c.revenue_class, min(c.pos) AS pos, max(c.pos_end) AS pos_end,
         min(c.first_batch) AS first_batch, max(c.last_batch) AS last_batch
  FROM counted AS c
  GROUP BY c.customer_id, c.pool_id, c.line, c.layout_no, c.revenue_class, c.run
),
stretches AS MATERIALIZED (
  SELECT r.customer_id, r.pool_id, r.line, r.layout_no, r.revenue_class, r.first_batch, r.last_batch,
         coalesce(head.pos_end, greatest(g.pos, r.pos)) AS pos, coalesce(tail.pos, least(g.pos_end, r.pos_end)) AS pos_end,
         head.pos AS head, tail.pos AS tail, g.block_id IS NULL AS overage, g.r0 - g.pos AS shift,
         k.cost_functional_minor AS cost, k.quantity
  FROM runs AS r
  JOIN ledger_segment AS g
    ON g.customer_id = r.customer_id AND g.pool_id = r.pool_id AND g.line = r.line
   AND g.layout_no = r.layout_no AND g.pos < r.pos_end AND g.pos_end > r.pos
  JOIN ledger_costlayer AS k ON k.customer_id = g.customer_id AND k.id = g.layer_id
  LEFT JOIN ledger_block AS b ON b.customer_id = g.customer_id AND b.id = g.block_id
  LEFT JOIN LATERAL (
    SELECT d.pos, d.pos_end FROM ledger_drain AS d
    WHERE g.pos > r.pos AND d.customer_id = r.customer_id AND d.pool_id = r.pool_id AND d.line = r.line
      AND d.pos < g.pos
    ORDER BY d.pos DESC LIMIT 1
  ) AS head ON head.pos_end > g.pos
  LEFT JOIN LATERAL (
    SELECT d.pos, d.pos_end FROM ledger_drain AS d
    WHERE g.pos_end < r.pos_end AND d.customer_id = r.customer_id AND d.pool_id = r.pool_id AND d.line = r.line
      AND d.pos < g.pos_end
    ORDER BY d.pos DESC LIMIT 1
  ) AS tail ON tail.pos_end > g.pos_end
  WHERE b.id IS NULL OR b.breakage <> 'PROPORTIONAL' AND b.promo_minor IS NULL
)
SELECT row_number() OVER (ORDER BY s.pool_id, s.line, s.pos), s.customer_id, s.pool_id, s.line, s.layout_no,
       s.revenue_class, NULL::date, s.pos, s.pos_end, s.first_batch, s.last_batch, s.overage, s.shift, s.cost, s.quantity,
       s.cost BETWEEN 0 AND 4000000000 AND s.pos + s.shift >= 0 AND s.pos_end + s.shift <= 1000000000
         AND s.quantity <= 1000000000000000000 AND NOT (SELECT creditops_rounds_half_even())
FROM stretches AS s WHERE s.pos < s.pos_end
UNION ALL
SELECT NULL, d.customer_id, d.pool_id, d.line, d.layout_no, d.revenue_class, d.posting_date, d.pos, d.pos_end,
       d.batch_id, d.batch_id, NULL, NULL, NULL, NULL, NULL
FROM (
  SELECT s.customer_id, s.pool_id, s.line, s.head AS pos FROM stretches AS s WHERE s.head IS NOT NULL
  UNION
  SELECT s.customer_id, s.pool_id, s.line, s.tail FROM stretches AS s WHERE s.tail IS NOT NULL
) AS cut
JOIN ledger_drain AS d
  ON d.customer_id = cut.customer_id AND d.pool_id = cut.pool_id AND d.line = cut.line AND d.pos = cut.pos
UNION ALL
SELECT NULL, j.customer_id, j.pool_id, j.line, j.layout_no, j.revenue_class, j.posting_date, j.pos, j.pos_end,
       j.first_batch, j.last_batch, NULL, NULL, NULL, NULL, NULL
FROM judged AS j WHERE NOT j.whole
