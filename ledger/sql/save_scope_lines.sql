-- Writes where these lines of scopes stand now, under the locks that were taken on their pools; new ones begin.
INSERT INTO ledger_scopeline AS s (customer_id, pool_id, line, meters, consumed, limit_pos, beside)
SELECT n.customer_id, n.pool_id, n.line, n.meters::bigint[], n.consumed, n.limit_pos, n.beside
FROM unnest(
  %(customer_id)s::bigint[], %(pool_id)s::bigint[], %(line)s::smallint[], %(meters)s::text[],
  %(consumed)s::bigint[], %(limit_pos)s::bigint[], %(beside)s::boolean[]
) AS n (customer_id, pool_id, line, meters, consumed, limit_pos, beside)
ON CONFLICT (customer_id, pool_id, line) DO UPDATE
SET consumed = excluded.consumed, limit_pos = excluded.limit_pos, beside = excluded.beside
WHERE (s.consumed, s.limit_pos, s.beside)
  IS DISTINCT FROM (excluded.consumed, excluded.limit_pos, excluded.beside)
