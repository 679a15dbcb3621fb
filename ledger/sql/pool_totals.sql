-- What these pools come to at %(at)s, from their counters: those whose counters can say it. A layout that
-- is not the right one any more can't, nor can counters with use that lies ahead of the instant.
-- The last column says whether what is held can be told: a hold may be over that nobody ended.
SELECT s.pool_id, s.held, greatest(0, s.limit_pos - s.consumed) + s.scoped_left,
       s.granted, s.used, s.expired, s.voided,
       coalesce(t.overage, 0) + greatest(0, s.consumed - s.limit_pos), s.overage_cap,
       s.lapse_at IS NULL OR s.lapse_at > %(at)s
FROM ledger_poolstate AS s
LEFT JOIN ledger_termuse AS t
  ON t.customer_id = s.customer_id AND t.pool_id = s.pool_id AND t.term_id = s.term_id
WHERE s.customer_id = %(customer)s AND s.pool_id = ANY (%(pools)s::bigint[])
  AND s.layout_no > 0 AND s.current_from <= %(at)s
  AND (s.relay_at IS NULL OR s.relay_at > %(at)s)
