SELECT k.customer_id, c.code AS customer, k.id AS contract_id, k.code AS contract, k.name, k.status,
       k.signed_at, k.signed_by, k.starts_on, k.term_months, k.time_zone, k.currency,
       k.commitment AS first_commitment_credits, k.price_minor AS first_price_minor,
       k.bonus_credits, k.cancellable, k.auto_renew, k.renewal_signed_at, r.code AS rate_card
FROM contracts_contract AS k
JOIN accounts_customer AS c ON c.id = k.customer_id
LEFT JOIN contracts_ratecard AS r ON r.id = k.rate_card_id
