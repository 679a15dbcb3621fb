SELECT n.customer_id, c.code AS customer, n.id AS credit_note_id, n.number, n.invoice_id,
       i.number AS invoice, k.code AS contract, n.occasion, n.issued_at, n.issue_date, n.currency,
       n.net_minor, n.tax_minor, n.total_minor, n.receivable_minor, n.refundable_minor,
       coalesce(back.amount, 0) AS refunded_minor, n.reason, n.issued_by
FROM invoicing_creditnote AS n
JOIN invoicing_invoice AS i ON i.id = n.invoice_id
JOIN accounts_customer AS c ON c.id = n.customer_id
LEFT JOIN contracts_contract AS k ON k.id = n.contract_id
LEFT JOIN LATERAL (
  SELECT sum(r.amount_minor)::bigint AS amount FROM invoicing_refund AS r WHERE r.note_id = n.id
) AS back ON true
