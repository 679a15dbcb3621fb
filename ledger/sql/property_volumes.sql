-- How much the properties %(priced)s of events of the meters %(apart)s counted, and counted times the quantity
-- of its event (what a provider charges each), grouped as `narrowed_volumes` groups. `without` counts events
-- that do not tell it. Very small and very large numbers are kept as they are said: 2E-7.
SELECT coalesce(e.pool_id, -e.holder_id) AS pool, e.meter_id,
       e.event_time >= %(recent)s AS recent,
       t.starts_at IS NOT NULL AND e.event_time >= t.starts_at AS in_term,
       d.data, p.name, coalesce(sum(v.amount), 0), coalesce(sum(v.amount * e.quantity), 0),
       count(*) FILTER (WHERE v.amount IS NULL)
FROM ledger_usageevent AS e
LEFT JOIN ledger_term AS t
  ON t.customer_id = e.customer_id AND t.holder_id = e.holder_id
 AND t.starts_at > %(first)s AND t.starts_at <= %(at)s AND t.ends_at > %(at)s
CROSS JOIN LATERAL (
  SELECT jsonb_object_agg(n.name, e.data ->> n.name) AS data
  FROM unnest(%(names)s::text[]) AS n (name) WHERE e.data ? n.name
) AS d
CROSS JOIN unnest(%(priced)s::text[]) AS p (name)
CROSS JOIN LATERAL (
  SELECT CASE WHEN e.data ->> p.name ~ '^[0-9]+(\.[0-9]+)?(E[-+]?[0-9]{1,3})?$' THEN (e.data ->> p.name)::numeric END AS amount
) AS v
WHERE e.event_time >= %(first)s AND e.event_time < %(last)s AND e.status = 'a'
  AND (%(customer)s::bigint IS NULL OR e.customer_id = %(customer)s)
  AND e.meter_id = ANY (%(apart)s::bigint[]) AND e.id <> ALL (%(corrected)s::bigint[])
  AND e.data_digest IS NULL
GROUP BY 1, e.meter_id, 3, 4, d.data, p.name
