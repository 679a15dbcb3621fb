-- Blocks of these pools that recognise in proportion to use and whose credits moved beyond the posting
-- marks in a way that doesn't wait for the month's end: expired, taken back, or moved after their end.
SELECT v.block_id, v.posting_date
FROM ledger_poolstate AS s
JOIN ledger_move AS v
  ON v.customer_id = s.customer_id AND v.pool_id = s.pool_id AND v.seq > s.posted_seq
JOIN ledger_block AS b
  ON b.customer_id = v.customer_id AND b.id = v.block_id AND b.breakage = 'PROPORTIONAL'
JOIN ledger_blockstate AS x ON x.customer_id = b.customer_id AND x.block_id = b.id
WHERE s.customer_id = ANY (%(customers)s::bigint[]) AND s.pool_id = ANY (%(pools)s::bigint[])
  AND (v.type NOT IN ('CONSUME', 'CONSUME_REVERSAL') OR x.until <= %(now)s)
GROUP BY v.block_id, v.posting_date
ORDER BY v.block_id, v.posting_date
