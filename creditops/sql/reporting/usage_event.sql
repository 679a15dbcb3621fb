-- One row per message that was placed; duplicates and exceptions are not events.
SELECT e.customer_id, c.code AS customer, e.customer_id || '-' || e.id AS event, e.id AS event_id,
       s.name AS source, e.key, m.code AS meter, h.code AS contract, member.code AS member,
       n.name AS user_name, e.event_time, e.recorded_at, e.quantity, e.data, e.credits,
       CASE e.status WHEN 'a' THEN 'applied' WHEN 'o' THEN 'recorded' ELSE 'refused' END AS status,
       nullif(e.code, '') AS code, e.pool_id
FROM ledger_usageevent AS e
JOIN accounts_customer AS c ON c.id = e.customer_id
JOIN ledger_eventsource AS s ON s.id = e.source_id
JOIN ledger_meter AS m ON m.id = e.meter_id
JOIN ledger_holder AS h ON h.customer_id = e.customer_id AND h.id = e.holder_id
LEFT JOIN accounts_customer AS member ON member.id = e.member_id
LEFT JOIN ledger_username AS n ON n.customer_id = e.customer_id AND n.id = e.user_id
