-- What ranges of a book hold now, in one pass over the book: the range's key, how many rows, the digest
-- of their digests. A row belongs to the first range that ends at or after its number; only ranges that
-- sealed these very columns are answered.
SELECT within.id, count(*),
       encode(sha256(string_agg(found.digest, ''::bytea ORDER BY found.id, found.digest)), 'hex')
FROM (
  SELECT id, sha256(convert_to(ROW({columns})::text, 'UTF8')) AS digest FROM {table}
) AS found
CROSS JOIN LATERAL (
  SELECT s.id, s.columns FROM lib_sealedrows AS s
  WHERE s.table_name = %(table)s AND s.upto_id >= found.id
  ORDER BY s.upto_id LIMIT 1
) AS within
WHERE within.columns = %(columns)s::varchar[]
GROUP BY within.id
