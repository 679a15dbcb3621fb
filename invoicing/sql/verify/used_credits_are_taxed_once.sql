-- What the document of a month taxes is what its rows say was used, tax by tax; it charges that tax alone.
WITH said AS (
  SELECT u.taxed_month_id, u.tax_no, sum(u.base_minor) AS base
  FROM invoicing_taxeduse AS u WHERE u.tax_no IS NOT NULL
  GROUP BY u.taxed_month_id, u.tax_no
),
taxed AS (
  SELECT m.id AS taxed_month_id, t.no AS tax_no, t.net_minor AS base
  FROM invoicing_taxedmonth AS m JOIN invoicing_invoicetax AS t ON t.invoice_id = m.invoice_id
)
SELECT format('tax %s of the use in %s of holder %s', coalesce(s.tax_no, t.tax_no), m.month, m.holder_id),
       format('its rows say %s, its document taxes %s', coalesce(s.base, 0), coalesce(t.base, 0))
FROM said AS s
FULL JOIN taxed AS t ON t.taxed_month_id = s.taxed_month_id AND t.tax_no = s.tax_no
JOIN invoicing_taxedmonth AS m ON m.id = coalesce(s.taxed_month_id, t.taxed_month_id)
WHERE s.base IS DISTINCT FROM t.base::numeric
UNION ALL
SELECT format('tax document %s', i.number), format('charges %s beside its tax', i.net_minor)
FROM invoicing_taxedmonth AS m JOIN invoicing_invoice AS i ON i.id = m.invoice_id
WHERE i.net_minor <> 0
