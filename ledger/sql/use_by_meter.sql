-- Credits used per meter of one customer in a time, by event time, as corrected, with the events and
-- how much of each measure was reported: of the meter's quantity (property '') or of a property of the
-- event's data. Void events count for nothing. Data that was moved to a file measures nothing.
WITH measures AS (
  SELECT * FROM unnest(%(meters)s::bigint[], %(properties)s::text[]) AS m (meter_id, property)
),
used AS (
  SELECT e.meter_id, e.quantity, e.data, coalesce(c.void, false) AS void,
         coalesce(CASE WHEN c.void THEN 0 ELSE part.credits END, c.credits, e.credits) AS credits
  FROM ledger_usageevent AS e
  LEFT JOIN ledger_pool AS pool ON pool.customer_id = e.customer_id AND pool.id = e.pool_id
  LEFT JOIN ledger_usagepart AS part
    ON part.customer_id = e.customer_id AND part.event_id = e.id AND part.unit_id = %(unit)s
  LEFT JOIN LATERAL (
    SELECT k.credits, k.void FROM ledger_correction AS k
    WHERE k.customer_id = e.customer_id AND k.event_id = e.id
    ORDER BY k.no DESC LIMIT 1
  ) AS c ON true
  WHERE e.customer_id = %(customer)s AND e.status = 'a'
    AND e.event_time >= %(first)s AND e.event_time < %(last)s
    AND (pool.unit_id = %(unit)s OR part.event_id IS NOT NULL)
),
sums AS (
  SELECT used.meter_id, sum(used.credits)::bigint AS credits,
         count(*) FILTER (WHERE NOT used.void)::bigint AS events
  FROM used GROUP BY used.meter_id
),
measured AS (
  SELECT m.meter_id, m.property,
         sum(CASE WHEN m.property = '' THEN used.quantity
                  WHEN used.data ->> m.property ~ '^[0-9]{1,18}(\.[0-9]{1,12})?$'
                  THEN (used.data ->> m.property)::numeric END) AS quantity
  FROM measures AS m JOIN used ON used.meter_id = m.meter_id AND NOT used.void
  GROUP BY m.meter_id, m.property
)
SELECT meter.id, meter.code, meter.name, sums.credits, sums.events, measured.property,
       measured.quantity
FROM sums
JOIN ledger_meter AS meter ON meter.id = sums.meter_id
LEFT JOIN measured ON measured.meter_id = sums.meter_id
ORDER BY sums.credits DESC, meter.code, measured.property
