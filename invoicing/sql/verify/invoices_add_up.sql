-- Every invoice has lines, they add up to its net, and net + tax is its total; each of its taxes is on what its
-- lines are taxed on, and they add up to its tax.
SELECT format('invoice %s', i.number),
       format('lines %s, net %s, tax %s, total %s', coalesce(sum(l.amount_minor), 0), i.net_minor,
              i.tax_minor, i.total_minor)
FROM invoicing_invoice AS i
LEFT JOIN invoicing_invoiceline AS l ON l.invoice_id = i.id
GROUP BY i.id
HAVING coalesce(sum(l.amount_minor), 0) <> i.net_minor OR count(l.id) = 0
    OR i.net_minor + i.tax_minor <> i.total_minor
UNION ALL
SELECT format('invoice %s', i.number),
       format('its taxes are on %s and come to %s, its lines are taxed on %s and its tax is %s', t.net, t.tax, l.base,
              i.tax_minor)
FROM invoicing_invoice AS i
CROSS JOIN LATERAL (
  SELECT sum(x.net_minor) AS net, sum(x.tax_minor) AS tax FROM invoicing_invoicetax AS x WHERE x.invoice_id = i.id
) AS t
CROSS JOIN LATERAL (
  SELECT sum(coalesce(n.taxed_minor, n.amount_minor)) AS base, sum(n.amount_minor) AS net
  FROM invoicing_invoiceline AS n WHERE n.invoice_id = i.id
) AS l
WHERE l.net = i.net_minor AND i.net_minor + i.tax_minor = i.total_minor
  AND (t.net, t.tax) IS DISTINCT FROM (l.base, i.tax_minor::numeric)
