-- Writes where these lines stand now, under the locks that were taken on them.
UPDATE ledger_poolstate AS s
SET layout_no = n.layout_no, term_id = n.term_id, valid_from = n.valid_from,
    valid_until = n.valid_until, relay_at = n.relay_at, daily_at = n.daily_at,
    enforcement = n.enforcement, late_window_days = n.late_window_days, consumed = n.consumed, limit_pos = n.limit_pos,
    stop_pos = n.stop_pos, held = n.held, alert_pos = n.alert_pos, scoped = n.scoped,
    move_seq = n.move_seq, lapse_at = n.lapse_at, seat_allowance = n.seat_allowance,
    seats_since = n.seats_since, granted = n.granted, used = n.used, expired = n.expired,
    voided = n.voided, scoped_left = n.scoped_left, overage_cap = n.overage_cap,
    current_from = n.current_from, scope_lines = n.scope_lines
FROM unnest(
  %(customer_id)s::bigint[], %(pool_id)s::bigint[], %(layout_no)s::integer[],
  %(term_id)s::bigint[], %(valid_from)s::timestamptz[], %(valid_until)s::timestamptz[],
  %(relay_at)s::timestamptz[], %(daily_at)s::timestamptz[], %(enforcement)s::text[],
  %(late_window_days)s::smallint[],
  %(consumed)s::bigint[], %(limit_pos)s::bigint[], %(stop_pos)s::bigint[], %(held)s::bigint[],
  %(alert_pos)s::bigint[], %(scoped)s::boolean[], %(move_seq)s::bigint[],
  %(lapse_at)s::timestamptz[], %(seat_allowance)s::bigint[], %(seats_since)s::date[],
  %(granted)s::bigint[], %(used)s::bigint[], %(expired)s::bigint[], %(voided)s::bigint[],
  %(scoped_left)s::bigint[], %(overage_cap)s::bigint[], %(current_from)s::timestamptz[],
  %(scope_lines)s::smallint[]
) AS n (customer_id, pool_id, layout_no, term_id, valid_from, valid_until, relay_at, daily_at,
        enforcement, late_window_days, consumed, limit_pos, stop_pos, held, alert_pos, scoped, move_seq,
        lapse_at, seat_allowance, seats_since, granted, used, expired, voided, scoped_left,
        overage_cap, current_from, scope_lines)
WHERE s.customer_id = n.customer_id AND s.pool_id = n.pool_id
