-- What was used in a time, what customers paid for it, and what it cost us, per meter and model: applied
-- and observed events by their own time, without those that were voided.
--
-- Credits are those drawn and not given back; their value is the share of what was paid for them, in minor
-- units of the books' currency: free credits are worth nothing, overage is worth its price. A cost is
-- exact, in the currency of the prices: what a property counts x the price of its measure at the event's
-- time. `unpriced` counts events of which something has no price; events whose data lies in an archive
-- file stand apart, since neither their model nor their cost can be told.
WITH used AS MATERIALIZED (
  SELECT e.customer_id, e.id, e.meter_id, e.event_time, e.quantity, e.data, e.pool_id, e.line, e.pos,
         e.credits, k.measures, e.data_digest IS NOT NULL AS archived,
         CASE WHEN k.id IS NULL OR e.data_digest IS NOT NULL THEN ''
              ELSE coalesce(e.data ->> k.model_property, k.model) END AS model
  FROM accounts_customer AS customer
  CROSS JOIN LATERAL (
    SELECT * FROM ledger_usageevent AS x
    WHERE x.customer_id = customer.id AND x.event_time >= %(first)s AND x.event_time < %(last)s
      AND x.status IN ('a', 'o')
  ) AS e
  LEFT JOIN ledger_metercost AS k ON k.meter_id = e.meter_id
  WHERE (%(customer)s::bigint IS NULL OR customer.id = %(customer)s)
    AND NOT EXISTS (
      SELECT FROM ledger_correction AS c
      WHERE c.customer_id = e.customer_id AND c.event_id = e.id AND c.void)
),
priced_as AS (
  SELECT m.meter_id, m.model, coalesce(k.aliases ->> m.model, m.model) AS catalogued
  FROM (SELECT DISTINCT meter_id, model FROM used WHERE measures IS NOT NULL) AS m
  JOIN ledger_metercost AS k ON k.meter_id = m.meter_id
),
prices AS (
  SELECT p.model, p.measure, p.cost, p.effective_from AS since,
         lead(p.effective_from, 1, 'infinity') OVER (
           PARTITION BY p.model, p.measure ORDER BY p.effective_from, p.id) AS until
  FROM ledger_modelcost AS p
  WHERE p.model IN (SELECT catalogued FROM priced_as)
),
counted AS (
  SELECT u.customer_id, u.id, u.meter_id, u.model, u.archived, m.property,
         c.amount, c.amount * p.cost AS cost, c.amount > 0 AND p.cost IS NULL AS unpriced
  FROM used AS u
  JOIN priced_as AS a ON a.meter_id = u.meter_id AND a.model = u.model
  CROSS JOIN LATERAL jsonb_each_text(u.measures) AS m (property, measure)
  CROSS JOIN LATERAL (
    -- Very small and very large numbers are kept as they are said: 2E-7.
    SELECT CASE WHEN m.property = '' THEN u.quantity
                WHEN u.data ->> m.property ~ '^[0-9]+(\.[0-9]+)?(E[-+]?[0-9]{1,3})?$'
                THEN (u.data ->> m.property)::numeric ELSE 0 END AS amount
  ) AS c
  LEFT JOIN prices AS p
    ON p.model = a.catalogued AND p.measure = m.measure
   AND u.event_time >= p.since AND u.event_time < p.until
  WHERE NOT u.archived OR m.property = ''
),
counts AS (
  SELECT c.meter_id, c.model, c.archived, jsonb_object_agg(c.property, c.amount::text) AS counted,
         sum(c.cost) AS cost
  FROM (
    SELECT meter_id, model, archived, property, sum(amount) AS amount,
           CASE WHEN NOT archived THEN sum(cost) END AS cost
    FROM counted GROUP BY meter_id, model, archived, property
  ) AS c
  GROUP BY c.meter_id, c.model, c.archived
),
unpriced AS (
  SELECT meter_id, model, archived, count(DISTINCT (customer_id, id)) AS events
  FROM counted WHERE unpriced AND NOT archived GROUP BY meter_id, model, archived
),
on_lines AS (
  SELECT u.customer_id, u.meter_id, u.model, u.archived, u.pool_id, u.line, u.pos, u.credits FROM used AS u
  UNION ALL
  SELECT u.customer_id, u.meter_id, u.model, u.archived, p.pool_id, p.line, p.pos, p.credits
  FROM used AS u
  JOIN ledger_usagepart AS p ON p.customer_id = u.customer_id AND p.event_id = u.id
),
draws AS (
  -- `abroad_at`: when overage was used; a price in another currency is translated then.
  SELECT e.customer_id, e.meter_id, e.model, e.archived, e.pool_id, g.layer_id,
         CASE WHEN g.block_id IS NULL THEN drain.time_min END AS abroad_at,
         g.r0 + greatest(g.pos, e.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, e.pos + e.credits) - g.pos AS r_to
  FROM on_lines AS e
  JOIN LATERAL (
    SELECT d.layout_no, d.time_min FROM ledger_drain AS d
    WHERE d.customer_id = e.customer_id AND d.pool_id = e.pool_id AND d.line = e.line
      AND d.pos <= e.pos
    ORDER BY d.pos DESC LIMIT 1
  ) AS drain ON e.pos IS NOT NULL AND e.credits > 0
  JOIN ledger_segment AS g
    ON g.customer_id = e.customer_id AND g.pool_id = e.pool_id AND g.line = e.line
   AND g.layout_no = drain.layout_no AND g.pos < e.pos + e.credits AND g.pos_end > e.pos
  UNION ALL
  SELECT u.customer_id, u.meter_id, u.model, u.archived, v.pool_id, v.layer_id,
         CASE WHEN v.block_id IS NULL THEN v.effective_at END, v.r0, v.r0 + v.credits
  FROM used AS u
  JOIN ledger_move AS v ON v.customer_id = u.customer_id AND v.event_id = u.id
   AND v.type IN ('CONSUME', 'OVERAGE', 'CONSUME_REVERSAL', 'OVERAGE_REVERSAL')
),
drawn AS (
  SELECT d.meter_id, d.model, d.archived, jsonb_object_agg(d.unit, d.credits) AS credits,
         sum(d.value)::bigint AS value
  FROM (
    SELECT d.meter_id, d.model, d.archived, unit.name AS unit, sum(d.r_to - d.r_from) AS credits,
           sum(CASE WHEN d.abroad_at IS NULL THEN
                 creditops_released(l.cost_functional_minor, l.quantity, d.r_to)
                   - creditops_released(l.cost_functional_minor, l.quantity, d.r_from)
               ELSE creditops_functional(
                 creditops_released(l.cost_minor, l.quantity, d.r_to)
                   - creditops_released(l.cost_minor, l.quantity, d.r_from), l.currency, d.abroad_at)
               END) AS value
    FROM draws AS d
    JOIN ledger_costlayer AS l ON l.customer_id = d.customer_id AND l.id = d.layer_id
    JOIN ledger_pool AS pool ON pool.customer_id = d.customer_id AND pool.id = d.pool_id
    JOIN ledger_creditunit AS unit ON unit.id = pool.unit_id
    GROUP BY d.meter_id, d.model, d.archived, unit.name
  ) AS d
  GROUP BY d.meter_id, d.model, d.archived
),
groups AS (
  SELECT meter_id, model, archived, count(*) AS events, sum(quantity) AS quantity
  FROM used GROUP BY meter_id, model, archived
)
SELECT m.code, m.name, g.model, coalesce(a.catalogued, ''), k.id IS NOT NULL, g.archived, g.events,
       coalesce(c.counted, jsonb_build_object('', g.quantity::text)), coalesce(d.credits, '{}'),
       coalesce(d.value, 0), CASE WHEN NOT g.archived THEN c.cost END, coalesce(n.events, 0)
FROM groups AS g
JOIN ledger_meter AS m ON m.id = g.meter_id
LEFT JOIN ledger_metercost AS k ON k.meter_id = g.meter_id
LEFT JOIN priced_as AS a ON a.meter_id = g.meter_id AND a.model = g.model AND NOT g.archived
LEFT JOIN counts AS c ON c.meter_id = g.meter_id AND c.model = g.model AND c.archived = g.archived
LEFT JOIN unpriced AS n ON n.meter_id = g.meter_id AND n.model = g.model AND n.archived = g.archived
LEFT JOIN drawn AS d ON d.meter_id = g.meter_id AND d.model = g.model AND d.archived = g.archived
ORDER BY m.code, g.archived, g.model
