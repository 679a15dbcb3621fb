-- `available` as the running line knows it; what was due since its last event is not done yet here.
SELECT p.customer_id, c.code AS customer, p.id AS pool_id, h.code AS contract, h.kind AS held_by,
       u.code AS unit, s.enforcement, s.consumed, greatest(s.limit_pos - s.consumed, 0) AS on_the_line,
       s.held, p.opened_at
FROM ledger_pool AS p
JOIN accounts_customer AS c ON c.id = p.customer_id
JOIN ledger_holder AS h ON h.customer_id = p.customer_id AND h.id = p.holder_id
JOIN ledger_creditunit AS u ON u.id = p.unit_id
JOIN ledger_poolstate AS s ON s.customer_id = p.customer_id AND s.pool_id = p.id
