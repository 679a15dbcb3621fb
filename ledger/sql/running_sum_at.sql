-- What an event's fractional item has summed up to in its pool with it, in the order of recording: per
-- rate the exact quantity priced. Credits are quantity x credits / per.
SELECT r.kind, r.credits, r.per,
       sum(e.quantity * CASE WHEN r.kind = 'pass_through' THEN (e.data ->> r.property)::numeric
                             ELSE 1 END)
FROM ledger_usageevent AS e
JOIN ledger_rate AS r ON r.tariff_id = e.tariff_id AND r.meter_id = e.meter_id AND r.item = %(item)s
 AND r.kind IN ('pack', 'pass_through')
WHERE e.customer_id = %(customer)s AND e.pool_id = %(pool)s AND e.status = 'a' AND e.id <= %(event)s
  AND (r.kind = 'pass_through' OR r.property = '')
GROUP BY r.kind, r.credits, r.per
