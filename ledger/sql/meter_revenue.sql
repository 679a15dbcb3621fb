-- What use of %(first)s through %(last)s by posting date was worth that has no slot (`meter_slots`): what lies in
-- stretches of lines that are torn, and moves; per meter, class of revenue and whether it was overage, as known
-- at %(known_at)s: in minor units of the books' currency, with its credits. Event by event. Without free credits
-- that a policy values by themselves, and blocks that recognise in proportion to use.
-- The number of an event begins with that of its delivery, as a drain names it: so events and drains meet in one
-- pass over both.
WITH drains AS MATERIALIZED (
  SELECT d.customer_id, d.pool_id, d.line, d.layout_no, d.batch_id, d.revenue_class, d.pos, d.pos_end,
         d.time_min
  FROM unnest(%(customer)s::bigint[], %(pool)s::bigint[], %(line)s::smallint[], %(layout)s::int[],
              %(revenue_class)s::text[], %(on)s::date[], %(pos)s::bigint[], %(pos_end)s::bigint[])
    AS torn (customer_id, pool_id, line, layout_no, revenue_class, posting_date, pos, pos_end)
  JOIN ledger_drain AS d
    ON d.customer_id = torn.customer_id AND d.pool_id = torn.pool_id AND d.line = torn.line
   AND d.layout_no = torn.layout_no AND d.revenue_class = torn.revenue_class
   AND d.posting_date = torn.posting_date AND d.pos >= torn.pos AND d.pos < torn.pos_end
  WHERE d.recorded_at <= %(known_at)s
),
bounds AS MATERIALIZED (
  SELECT min(batch_id) << 16 AS first, (max(batch_id) + 1) << 16 AS last FROM drains
),
placed AS (
  SELECT e.customer_id, e.id, e.pool_id, e.line, e.pos, e.credits, e.meter_id
  FROM ledger_usageevent AS e
  WHERE e.id >= (SELECT first FROM bounds) AND e.id < (SELECT last FROM bounds) AND e.credits > 0
    AND e.pos IS NOT NULL
  UNION ALL
  SELECT p.customer_id, p.event_id, p.pool_id, p.line, p.pos, p.credits, e.meter_id
  FROM ledger_usagepart AS p
  JOIN ledger_usageevent AS e ON e.customer_id = p.customer_id AND e.id = p.event_id
  WHERE p.event_id >= (SELECT first FROM bounds) AND p.event_id < (SELECT last FROM bounds)
    AND p.credits > 0 AND p.pos IS NOT NULL
),
uses AS (
  SELECT e.customer_id, d.pool_id, d.line, d.layout_no, d.revenue_class, e.meter_id, e.pos,
         e.pos + e.credits AS pos_end, d.time_min
  FROM placed AS e
  JOIN drains AS d
    ON d.customer_id = e.customer_id AND d.pool_id = e.pool_id AND d.line = e.line
   AND d.batch_id = e.id >> 16 AND e.pos >= d.pos AND e.pos < d.pos_end
),
pieces AS (
  SELECT u.meter_id, u.revenue_class, g.block_id, u.customer_id, g.layer_id, u.time_min,
         g.r0 + greatest(g.pos, u.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, u.pos_end) - g.pos AS r_to
  FROM uses AS u
  JOIN ledger_segment AS g
    ON g.customer_id = u.customer_id AND g.pool_id = u.pool_id AND g.line = u.line
   AND g.layout_no = u.layout_no AND g.pos < u.pos_end AND g.pos_end > u.pos
  UNION ALL
  SELECT e.meter_id, m.revenue_class, m.block_id, m.customer_id, m.layer_id, m.effective_at, m.r0, m.r0 + m.credits
  FROM ledger_move AS m
  JOIN ledger_usageevent AS e ON e.customer_id = m.customer_id AND e.id = m.event_id
  WHERE m.type IN ('CONSUME', 'CONSUME_REVERSAL', 'OVERAGE', 'OVERAGE_REVERSAL')
    AND m.posting_date BETWEEN %(first)s AND %(last)s AND m.recorded_at <= %(known_at)s
)
SELECT p.meter_id, p.revenue_class, p.block_id IS NULL AS overage, sum(p.r_to - p.r_from)::bigint AS credits,
       sum(CASE WHEN p.block_id IS NULL AND k.currency <> (SELECT currency FROM ledger_booksettings) THEN
             creditops_functional(creditops_released(k.cost_minor, k.quantity, p.r_to)
               - creditops_released(k.cost_minor, k.quantity, p.r_from), k.currency, p.time_min)
           ELSE creditops_released(k.cost_functional_minor, k.quantity, p.r_to)
              - creditops_released(k.cost_functional_minor, k.quantity, p.r_from) END)::bigint AS value
FROM pieces AS p
JOIN ledger_costlayer AS k ON k.customer_id = p.customer_id AND k.id = p.layer_id
LEFT JOIN ledger_block AS b ON b.customer_id = p.customer_id AND b.id = p.block_id
WHERE b.id IS NULL OR b.breakage <> 'PROPORTIONAL' AND b.promo_minor IS NULL
GROUP BY p.meter_id, p.revenue_class, p.block_id IS NULL
