-- Locks the states of these pools, in the one order (customer, pool), and returns them in columns, with what is
-- needed to find their settings. Evaluated before anything that decides is read. What has no value is the
-- smallest number, or the first instant.
WITH locked AS MATERIALIZED (
  SELECT s.*
  FROM ledger_poolstate AS s
  WHERE (s.customer_id, s.pool_id) IN (
    SELECT * FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[])
  )
  ORDER BY s.customer_id, s.pool_id
  FOR NO KEY UPDATE OF s
)
SELECT array_agg(customer_id), array_agg(pool_id), array_agg(layout_no::bigint),
       array_agg(coalesce(term_id, %(none)s)), array_agg(coalesce(valid_from, '-infinity')),
       array_agg(coalesce(valid_until, '-infinity')), array_agg(coalesce(relay_at, '-infinity')),
       array_agg(coalesce(daily_at, '-infinity')),
       array_agg(array_position(%(enforcements)s::text[], enforcement::text)::bigint),
       array_agg(late_window_days::bigint), array_agg(consumed), array_agg(limit_pos), array_agg(stop_pos),
       array_agg(held), array_agg(coalesce(lapse_at, '-infinity')), array_agg(coalesce(alert_pos, %(none)s)),
       array_agg(scoped::integer::bigint), array_agg(move_seq), array_agg(coalesce(seat_allowance, %(none)s)),
       array_agg(coalesce(seats_since - '1970-01-01', %(none)s)), array_agg(granted), array_agg(used),
       array_agg(expired), array_agg(voided), array_agg(scoped_left),
       array_agg(coalesce(overage_cap, %(none)s)), array_agg(coalesce(current_from, '-infinity')),
       array_agg(scope_lines::bigint)
FROM locked
