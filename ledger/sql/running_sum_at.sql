-- What an event's fractional item has summed up to in its pool with it, in the order of recording: per
-- rate the exact quantity priced. Credits are quantity x credits / per. An event that had been corrected
-- by then counts with the credits that it was corrected to. The last column says whether data that is
-- needed lies in an archive file.
SELECT r.kind, r.credits, r.per,
       sum(CASE WHEN corrected.credits IS NOT NULL THEN corrected.credits::numeric * r.per / r.credits
                WHEN r.kind = 'pass_through' THEN e.quantity * (e.data ->> r.property)::numeric
                ELSE e.quantity END),
       bool_or(r.kind = 'pass_through' AND corrected.credits IS NULL AND e.data_digest IS NOT NULL)
FROM ledger_usageevent AS x
JOIN ledger_usageevent AS e ON e.customer_id = x.customer_id AND e.pool_id = x.pool_id AND e.id <= x.id
JOIN ledger_rate AS r ON r.tariff_id = e.tariff_id AND r.meter_id = e.meter_id AND r.item = %(item)s
 AND r.kind IN ('pack', 'pass_through')
LEFT JOIN LATERAL (
  SELECT c.credits FROM ledger_correction AS c
  WHERE c.customer_id = e.customer_id AND c.event_id = e.id AND e.id < x.id
    AND (c.unit_id = r.unit_id OR c.void)
    AND c.recorded_at <= x.recorded_at
  ORDER BY c.no DESC LIMIT 1
) AS corrected ON true
WHERE x.customer_id = %(customer)s AND x.id = %(event)s AND e.pool_id = %(pool)s
  AND e.status = 'a' AND (r.kind = 'pass_through' OR r.property = '')
GROUP BY r.kind, r.credits, r.per
