SELECT t.customer_id, c.code AS customer, t.pool_id, term.number AS term, t.threshold, t.arming,
       t.crossed_at, t.event_id, t.consumed, t.balance
FROM ledger_thresholdcrossing AS t
JOIN accounts_customer AS c ON c.id = t.customer_id
LEFT JOIN ledger_term AS term ON term.customer_id = t.customer_id AND term.id = t.term_id
