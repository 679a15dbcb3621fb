-- Pools that have drawn or moved credits beyond their posting marks.
SELECT s.customer_id, s.pool_id
FROM ledger_poolstate AS s
WHERE s.posted_pos < s.consumed OR s.posted_seq < s.move_seq
ORDER BY s.customer_id, s.pool_id
