-- Leaves messages of one kind in the outbox; one that is there already stays as it is.
INSERT INTO lib_outboxmessage (kind, key, payload, created_at, not_before, attempts, error)
SELECT %(kind)s, m.key, m.payload::jsonb, %(at)s, %(at)s, 0, ''
FROM unnest(%(keys)s::text[], %(payloads)s::text[]) WITH ORDINALITY AS m (key, payload, place)
ORDER BY m.place
ON CONFLICT (kind, key) DO NOTHING
