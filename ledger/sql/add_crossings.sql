-- Writes thresholds that were crossed, and returns their numbers in their order.
INSERT INTO ledger_thresholdcrossing
  (customer_id, pool_id, term_id, threshold, arming, crossed_at, event_id, consumed, balance)
SELECT c.customer_id, c.pool_id, nullif(c.term_id, 0), c.threshold, c.arming, %(at)s, nullif(c.event_id, 0),
       c.consumed, c.balance
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[], %(terms)s::bigint[], %(thresholds)s::text[],
            %(armings)s::bigint[], %(events)s::bigint[], %(consumed)s::bigint[], %(balances)s::bigint[])
  WITH ORDINALITY
  AS c (customer_id, pool_id, term_id, threshold, arming, event_id, consumed, balance, place)
ORDER BY c.place
RETURNING id
