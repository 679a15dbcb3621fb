-- Rows of a book whose numbers its sequence never gave out: no seal would ever reach them.
SELECT found.id FROM {table} AS found
WHERE found.id > (
  CASE WHEN pg_get_serial_sequence(%(numbered_by)s, 'id') IS NULL THEN 1
  ELSE coalesce(pg_sequence_last_value(pg_get_serial_sequence(%(numbered_by)s, 'id')::regclass), 0)
  END + 1) * %(each)s - 1
ORDER BY found.id LIMIT 20
