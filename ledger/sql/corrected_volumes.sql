-- The events of the time that were corrected, one by one: few. With the credits of their first unit as first
-- accepted and as they are now; a void one has none. Apart as in `usage_volumes`.
SELECT e.id, e.customer_id, e.holder_id, coalesce(e.pool_id, -e.holder_id), e.meter_id,
       e.event_time >= %(recent)s AS recent,
       t.starts_at IS NOT NULL AND e.event_time >= t.starts_at AS in_term,
       e.quantity, e.credits, coalesce(c.credits, e.credits), e.data, e.data_digest IS NOT NULL
FROM (
  SELECT DISTINCT x.customer_id, x.event_id FROM ledger_correction AS x
) AS corrected
JOIN ledger_usageevent AS e ON e.customer_id = corrected.customer_id AND e.id = corrected.event_id
LEFT JOIN ledger_term AS t
  ON t.customer_id = e.customer_id AND t.holder_id = e.holder_id
 AND t.starts_at > %(first)s AND t.starts_at <= %(at)s AND t.ends_at > %(at)s
LEFT JOIN ledger_pool AS p ON p.customer_id = e.customer_id AND p.id = e.pool_id
LEFT JOIN LATERAL (
  SELECT x.credits FROM ledger_correction AS x
  WHERE x.customer_id = e.customer_id AND x.event_id = e.id AND (x.unit_id = p.unit_id OR x.void)
  ORDER BY x.no DESC LIMIT 1
) AS c ON true
WHERE e.event_time >= %(first)s AND e.event_time < %(last)s AND e.status = 'a'
  AND (%(customer)s::bigint IS NULL OR e.customer_id = %(customer)s)
