-- Locks the states of these pools, in the one order (customer, pool), and returns them with what is
-- needed to find their settings. Evaluated before anything that decides is read.
SELECT s.customer_id, s.pool_id, s.layout_no, s.term_id, s.valid_from, s.valid_until, s.relay_at,
       s.daily_at, s.enforcement, s.late_window_days, s.consumed, s.limit_pos, s.stop_pos, s.held,
       s.lapse_at, s.alert_pos, s.scoped, s.move_seq, s.seat_allowance, s.seats_since,
       s.granted, s.used, s.expired, s.voided, s.scoped_left, s.overage_cap, s.current_from, s.scope_lines
FROM ledger_poolstate AS s
WHERE (s.customer_id, s.pool_id) IN (
  SELECT * FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[])
)
ORDER BY s.customer_id, s.pool_id
FOR NO KEY UPDATE OF s
