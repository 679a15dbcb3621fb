-- Writes what is used, expired and voided of these blocks as of their pools' newest layout.
UPDATE ledger_blockstate AS s
SET until = n.until, used = n.used, expired = n.expired, voided = n.voided, open = n.open
FROM unnest(
  %(customer_id)s::bigint[], %(block_id)s::bigint[], %(until)s::timestamptz[],
  %(used)s::bigint[], %(expired)s::bigint[], %(voided)s::bigint[], %(open)s::boolean[]
) AS n (customer_id, block_id, until, used, expired, voided, open)
WHERE s.customer_id = n.customer_id AND s.block_id = n.block_id
  AND (s.until, s.used, s.expired, s.voided, s.open)
      IS DISTINCT FROM (n.until, n.used, n.expired, n.voided, n.open)
