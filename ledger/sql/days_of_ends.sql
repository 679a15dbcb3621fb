-- The time zones and local days on which credits of open blocks end after %(at)s, daily credits aside.
SELECT DISTINCT h.time_zone, (s.until AT TIME ZONE h.time_zone)::date
FROM ledger_blockstate AS s
JOIN ledger_block AS b ON b.customer_id = s.customer_id AND b.id = s.block_id
JOIN ledger_pool AS p ON p.customer_id = s.customer_id AND p.id = s.pool_id
JOIN ledger_holder AS h ON h.customer_id = p.customer_id AND h.id = p.holder_id
WHERE s.open AND s.until > %(at)s AND b.kind <> 'daily'
