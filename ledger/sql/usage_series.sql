-- Credits used per local day, and per meter and user where asked for, of one customer's holders, by
-- event time, as corrected: what was accepted plus the newest correction's difference. In one unit, or
-- (unit null) in the first unit of each event.
SELECT (e.event_time AT TIME ZONE %(zone)s)::date AS day,
       CASE WHEN %(by_meter)s THEN m.code END AS meter,
       CASE WHEN %(by_user)s THEN coalesce(u.name, '') END AS user_name,
       sum(coalesce(CASE WHEN c.void THEN 0 ELSE part.credits END,
                    c.credits, e.credits))::bigint AS credits,
       count(*)::bigint AS events
FROM ledger_usageevent AS e
JOIN ledger_meter AS m ON m.id = e.meter_id
LEFT JOIN ledger_username AS u ON u.customer_id = e.customer_id AND u.id = e.user_id
LEFT JOIN ledger_pool AS pool ON pool.customer_id = e.customer_id AND pool.id = e.pool_id
LEFT JOIN ledger_usagepart AS part
  ON part.customer_id = e.customer_id AND part.event_id = e.id AND part.unit_id = %(unit)s
LEFT JOIN LATERAL (
  SELECT k.credits, k.void FROM ledger_correction AS k
  WHERE k.customer_id = e.customer_id AND k.event_id = e.id
  ORDER BY k.no DESC LIMIT 1
) AS c ON true
WHERE e.customer_id = %(customer)s AND e.status = 'a'
  AND e.event_time >= %(first)s AND e.event_time < %(last)s
  AND (%(holder)s::bigint IS NULL OR e.holder_id = %(holder)s)
  AND (%(unit)s::bigint IS NULL OR pool.unit_id = %(unit)s OR part.event_id IS NOT NULL)
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
