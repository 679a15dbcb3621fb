SELECT c.customer_id, c.id AS contract_id, c.code AS contract, p.rep, e.id AS commission_event_id,
       e.year AS contract_year, e.no, e.kind, e.starts_at, e.ends_at, e.currency, e.price_minor,
       e.base_minor, p.total_minor, p.before_minor, p.total_minor - p.before_minor AS amount_minor,
       e.posting_date, e.known_at, e.recorded_at
FROM contracts_commissionpart AS p
JOIN contracts_commissionevent AS e ON e.id = p.event_id
JOIN contracts_contract AS c ON c.id = e.contract_id
