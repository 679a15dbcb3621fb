-- Writes overage and counted use of these terms as of their pools' newest layout.
INSERT INTO ledger_termuse AS u (customer_id, pool_id, term_id, overage, counted, base)
SELECT * FROM unnest(
  %(customer_id)s::bigint[], %(pool_id)s::bigint[], %(term_id)s::bigint[],
  %(overage)s::bigint[], %(counted)s::bigint[], %(base)s::bigint[]
)
ON CONFLICT (customer_id, pool_id, term_id) DO UPDATE
SET overage = excluded.overage, counted = excluded.counted, base = excluded.base
WHERE (u.overage, u.counted, u.base)
      IS DISTINCT FROM (excluded.overage, excluded.counted, excluded.base)
