-- What events of the time drew in their second and further units, as corrected: per pool, apart as in
-- `usage_volumes`.
SELECT max(e.customer_id), max(e.holder_id), p.pool_id, e.event_time >= %(recent)s AS recent,
       t.starts_at IS NOT NULL AND e.event_time >= t.starts_at AS in_term,
       sum(coalesce(c.credits, p.credits))::bigint
FROM ledger_usagepart AS p
JOIN ledger_usageevent AS e ON e.customer_id = p.customer_id AND e.id = p.event_id
LEFT JOIN ledger_term AS t
  ON t.customer_id = e.customer_id AND t.holder_id = e.holder_id
 AND t.starts_at > %(first)s AND t.starts_at <= %(at)s AND t.ends_at > %(at)s
LEFT JOIN LATERAL (
  SELECT x.credits FROM ledger_correction AS x
  WHERE x.customer_id = p.customer_id AND x.event_id = p.event_id AND (x.unit_id = p.unit_id OR x.void)
  ORDER BY x.no DESC LIMIT 1
) AS c ON p.event_id = ANY (%(corrected)s::bigint[])
WHERE e.event_time >= %(first)s AND e.event_time < %(last)s AND e.status = 'a'
  AND (%(customer)s::bigint IS NULL OR e.customer_id = %(customer)s)
GROUP BY p.pool_id, 4, 5
