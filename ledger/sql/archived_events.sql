-- The events of these batches with all that their rows say, as archive files keep them.
SELECT e.customer_id, c.code, e.source_id, s.name, e.key, e.id, e.event_time, e.recorded_at,
       e.meter_id, m.code, e.member_id, e.holder_id, h.code, e.pool_id, e.tariff_id, e.user_id,
       e.quantity::text, e.data::text, e.credits, e.status::text, e.code, e.line, e.pos
FROM ledger_usageevent AS e
JOIN accounts_customer AS c ON c.id = e.customer_id
JOIN ledger_eventsource AS s ON s.id = e.source_id
JOIN ledger_meter AS m ON m.id = e.meter_id
JOIN ledger_holder AS h ON h.customer_id = e.customer_id AND h.id = e.holder_id
WHERE e.id >= %(first_batch)s::bigint << 16 AND e.id < (%(last_batch)s::bigint + 1) << 16
ORDER BY e.id
