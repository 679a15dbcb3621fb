-- What holds set aside in these pools as of an instant, as known at another. A hold that is over counts
-- no more, whether its end was recorded or not; a captured one is usage from its own instant on.
SELECT h.pool_id, sum(h.credits)::bigint
FROM ledger_hold AS h
LEFT JOIN ledger_holdend AS e
  ON e.customer_id = h.customer_id AND e.hold_id = h.id AND e.recorded_at <= %(known_at)s
WHERE h.customer_id = %(customer)s AND h.pool_id = ANY (%(pools)s::bigint[])
  AND h.expires_at > %(as_of)s AND h.expires_at <= %(as_of)s + interval '24 hours'
  AND h.held_at <= %(as_of)s AND h.recorded_at <= %(known_at)s
  AND (e.hold_id IS NULL OR e.act = 'lapse' OR (e.act = 'release' AND e.recorded_at > %(as_of)s))
GROUP BY h.pool_id
