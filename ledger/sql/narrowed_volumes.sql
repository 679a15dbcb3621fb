-- The same for the meters %(apart)s, of which properties decide over prices: per set of the properties
-- %(names)s as JSON. Properties that lie in an archive file are not there: told apart.
SELECT max(e.customer_id), max(e.holder_id), coalesce(e.pool_id, -e.holder_id) AS pool, e.meter_id,
       e.event_time >= %(recent)s AS recent,
       t.starts_at IS NOT NULL AND e.event_time >= t.starts_at AS in_term,
       count(*), sum(e.quantity), count(*) FILTER (WHERE e.quantity <> trunc(e.quantity)),
       sum(e.credits)::bigint,
       d.data, e.data_digest IS NOT NULL AS archived
FROM ledger_usageevent AS e
LEFT JOIN ledger_term AS t
  ON t.customer_id = e.customer_id AND t.holder_id = e.holder_id
 AND t.starts_at > %(first)s AND t.starts_at <= %(at)s AND t.ends_at > %(at)s
CROSS JOIN LATERAL (
  SELECT jsonb_object_agg(n.name, e.data ->> n.name) AS data
  FROM unnest(%(names)s::text[]) AS n (name) WHERE e.data ? n.name
) AS d
WHERE e.event_time >= %(first)s AND e.event_time < %(last)s AND e.status = 'a'
  AND (%(customer)s::bigint IS NULL OR e.customer_id = %(customer)s)
  AND e.meter_id = ANY (%(apart)s::bigint[]) AND e.id <> ALL (%(corrected)s::bigint[])
GROUP BY 3, e.meter_id, 5, 6, d.data, 12
