-- Data comes back into the place of its digest; a trigger compares every row.
UPDATE ledger_usageevent AS e SET data = b.data::jsonb, data_digest = NULL
FROM unnest(%(customers)s::bigint[], %(sources)s::integer[], %(keys)s::text[], %(data)s::text[])
  AS b (customer_id, source_id, key, data)
WHERE e.customer_id = b.customer_id AND e.source_id = b.source_id AND e.key = b.key
