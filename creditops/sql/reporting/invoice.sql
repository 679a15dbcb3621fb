SELECT i.customer_id, c.code AS customer, i.id AS invoice_id, i.number, k.code AS contract, i.issued_at,
       i.issue_date, i.due_date, i.currency, i.net_minor, i.tax_minor, i.total_minor,
       greatest(0, i.total_minor - coalesce(paid.amount, 0) - coalesce(credited.amount, 0)
         - coalesce(v.amount_minor, 0) - coalesce(w.amount_minor, 0)) AS open_minor,
       i.tax_category, i.tax_rate, v.voided_at, w.written_off_at
FROM invoicing_invoice AS i
JOIN accounts_customer AS c ON c.id = i.customer_id
LEFT JOIN contracts_contract AS k ON k.id = i.contract_id
LEFT JOIN invoicing_invoicevoid AS v ON v.invoice_id = i.id
LEFT JOIN invoicing_writeoff AS w ON w.invoice_id = i.id
LEFT JOIN LATERAL (
  SELECT sum(p.amount_minor)::bigint AS amount FROM invoicing_payment AS p WHERE p.invoice_id = i.id
) AS paid ON true
LEFT JOIN LATERAL (
  SELECT sum(n.receivable_minor)::bigint AS amount
  FROM invoicing_creditnote AS n WHERE n.invoice_id = i.id
) AS credited ON true
