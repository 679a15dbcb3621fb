-- The rows of a book after one number and up to another, in ranges of so many: the last number of
-- each, how many rows, the digest of their digests, and their tags. A row's digest is that of its
-- sealed columns as PostgreSQL writes a row (docs/verify.md); a lone row of a range is no exception.
SELECT max(part.id), count(*),
       encode(sha256(string_agg(part.digest, ''::bytea ORDER BY part.id, part.digest)), 'hex'),
       string_agg(substring(part.digest FROM 1 FOR 4), ''::bytea ORDER BY part.id, part.digest)
FROM (
  SELECT numbered.*,
         (row_number() OVER (ORDER BY numbered.id, numbered.digest) - 1) / %(rows_max)s AS no
  FROM (
    SELECT id, sha256(convert_to(ROW({columns})::text, 'UTF8')) AS digest
    FROM {table}
    WHERE (%(after)s::bigint IS NULL OR id > %(after)s) AND id <= %(upto)s
  ) AS numbered
) AS part
GROUP BY part.no
ORDER BY part.no
