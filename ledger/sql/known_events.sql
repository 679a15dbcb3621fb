-- What is stored under these identities as usage. One index probe per message: the lateral with
-- LIMIT 1 keeps the planner from joining against the whole history.
SELECT wanted.ord::integer - 1, e.customer_id, e.id, h.code, m.code, e.event_time, e.quantity,
       m.quantity_property, e.user_id IS NOT NULL, u.name, e.data::text, e.credits, e.data_digest
FROM unnest(%(customers)s::bigint[], %(sources)s::bigint[], %(keys)s::text[])
  WITH ORDINALITY AS wanted (customer_id, source_id, key, ord)
CROSS JOIN LATERAL (
  SELECT * FROM ledger_usageevent AS x
  WHERE x.customer_id = wanted.customer_id AND x.source_id = wanted.source_id::integer
    AND x.key = wanted.key
  LIMIT 1
) AS e
JOIN ledger_meter AS m ON m.id = e.meter_id
JOIN ledger_holder AS h ON h.customer_id = e.customer_id AND h.id = e.holder_id
LEFT JOIN ledger_username AS u ON u.customer_id = e.customer_id AND u.id = e.user_id
