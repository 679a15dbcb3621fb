SELECT c.id AS customer_id, c.code AS customer, c.name, c.legal_name, c.kind, c.segment, c.country,
       c.region, c.currency, c.time_zone, p.code AS parent, c.created_at
FROM accounts_customer AS c
LEFT JOIN accounts_customer AS p ON p.id = c.parent_id
