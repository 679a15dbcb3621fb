-- Everything that these (locked) pools have drawn and moved is posted now.
WITH wanted AS (
  SELECT * FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS n (customer_id, pool_id)
),
scopes AS (
  UPDATE ledger_scopeline AS s SET posted_pos = s.consumed
  FROM wanted AS n
  WHERE s.customer_id = n.customer_id AND s.pool_id = n.pool_id AND s.posted_pos < s.consumed
)
UPDATE ledger_poolstate AS s
SET posted_pos = s.consumed, posted_seq = s.move_seq
FROM wanted AS n
WHERE s.customer_id = n.customer_id AND s.pool_id = n.pool_id
