-- The number and tag of each row of a book after one number and up to another, as it is now.
SELECT id, substring(digest FROM 1 FOR 4)
FROM (
  SELECT id, sha256(convert_to(ROW({columns})::text, 'UTF8')) AS digest
  FROM {table}
  WHERE (%(after)s::bigint IS NULL OR id > %(after)s) AND id <= %(upto)s
) AS found
ORDER BY id, digest
