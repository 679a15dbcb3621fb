-- Makes numbers for end users who have none yet and returns them; where another batch is faster, nothing.
INSERT INTO ledger_username (customer_id, name)
SELECT * FROM unnest(%(customers)s::bigint[], %(names)s::text[])
ON CONFLICT (customer_id, name) DO NOTHING
RETURNING customer_id, name, id
