-- The sequence that numbers the rows of each of these tables, and the last number it gave out. A table
-- without a sequence has one row, its number is 1.
SELECT t.name, s.sequence::oid::bigint,
       CASE WHEN s.sequence IS NULL THEN 1 ELSE coalesce(pg_sequence_last_value(s.sequence), 0) END
FROM unnest(%(tables)s::text[]) AS t (name)
CROSS JOIN LATERAL (
  SELECT pg_get_serial_sequence(quote_ident(t.name), 'id')::regclass AS sequence
) AS s
