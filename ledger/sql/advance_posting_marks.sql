-- Everything that these (locked) pools have drawn and moved is posted now.
UPDATE ledger_poolstate AS s
SET posted_pos = s.consumed, posted_seq = s.move_seq
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS n (customer_id, pool_id)
WHERE s.customer_id = n.customer_id AND s.pool_id = n.pool_id
