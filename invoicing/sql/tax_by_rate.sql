-- Output tax by country, region, category and rate, posted in %(first)s through %(last)s as known at
-- %(known_at)s: invoices less voids and credit notes, in the invoices' currencies. Credits that are taxed as they
-- are used come apart as they are sold; of their use a document of no tax (a reverse charge) posts nothing and
-- counts by the end of its month.
WITH documents AS (
  SELECT CASE WHEN t.at_use THEN 'at use' ELSE t.category END AS category, t.rate_pct,
         i.buyer ->> 'country' AS country, i.currency, e.recipe,
         CASE WHEN e.recipe = 'JE-17' THEN -t.taxable_minor ELSE t.taxable_minor END AS taxable,
         CASE WHEN e.recipe = 'JE-17' THEN -t.tax_minor ELSE t.tax_minor END AS tax
  FROM ledger_journalentry AS e
  JOIN invoicing_invoice AS i
    ON e.source IN ('invoice:' || i.number || ':receivable', 'invoice:' || i.number || ':void')
  JOIN invoicing_invoicetax AS t ON t.invoice_id = i.id
  WHERE e.posting_date BETWEEN %(first)s AND %(last)s AND e.recorded_at <= %(known_at)s
  UNION ALL
  SELECT CASE WHEN t.at_use THEN 'at use' ELSE t.category END, t.rate_pct, i.buyer ->> 'country', i.currency,
         e.recipe, -nt.taxable_minor, -nt.tax_minor
  FROM ledger_journalentry AS e
  JOIN invoicing_creditnote AS n ON e.source = 'credit_note:' || n.number
  JOIN invoicing_invoice AS i ON i.id = n.invoice_id
  JOIN invoicing_creditnotetax AS nt ON nt.note_id = n.id
  JOIN invoicing_invoicetax AS t ON t.invoice_id = i.id AND t.no = nt.no
  WHERE e.posting_date BETWEEN %(first)s AND %(last)s AND e.recorded_at <= %(known_at)s
  UNION ALL
  SELECT t.category, t.rate_pct, i.buyer ->> 'country', i.currency, 'JE-44', t.taxable_minor, t.tax_minor
  FROM invoicing_taxedmonth AS m
  JOIN invoicing_invoice AS i ON i.id = m.invoice_id AND i.total_minor = 0 AND i.issued_at <= %(known_at)s
  JOIN invoicing_invoicetax AS t ON t.invoice_id = i.id
  WHERE (m.month + interval '1 month - 1 day')::date BETWEEN %(first)s AND %(last)s
    AND NOT EXISTS (
      SELECT FROM invoicing_invoicevoid AS v WHERE v.invoice_id = i.id AND v.voided_at <= %(known_at)s)
)
SELECT coalesce(country, ''), category, rate_pct, currency,
       coalesce(sum(taxable) FILTER (WHERE recipe <> 'JE-18'), 0)::bigint,
       coalesce(sum(tax) FILTER (WHERE recipe <> 'JE-18'), 0)::bigint,
       coalesce(sum(taxable) FILTER (WHERE recipe = 'JE-18'), 0)::bigint,
       coalesce(sum(tax) FILTER (WHERE recipe = 'JE-18'), 0)::bigint
FROM documents
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
