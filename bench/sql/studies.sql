-- The events that are there, so many times more under keys and numbers of their own: for reads that look at
-- nothing but events.
INSERT INTO ledger_usageevent (
  customer_id, source_id, key, id, event_time, recorded_at, meter_id, member_id, holder_id, pool_id,
  tariff_id, user_id, quantity, data, credits, status, code, line, pos)
SELECT e.customer_id, e.source_id, e.key || '.' || n, e.id + n * %(apart)s::bigint, e.event_time,
       e.recorded_at, e.meter_id, e.member_id, e.holder_id, e.pool_id, e.tariff_id, e.user_id, e.quantity,
       e.data, e.credits, e.status, e.code, e.line, e.pos
FROM ledger_usageevent AS e, generate_series(1, %(times)s) AS n
