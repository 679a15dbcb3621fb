-- Every invoice has lines, they add up to its net, and net + tax is its total.
SELECT format('invoice %s', i.number),
       format('lines %s, net %s, tax %s, total %s', coalesce(sum(l.amount_minor), 0), i.net_minor,
              i.tax_minor, i.total_minor)
FROM invoicing_invoice AS i
LEFT JOIN invoicing_invoiceline AS l ON l.invoice_id = i.id
GROUP BY i.id
HAVING coalesce(sum(l.amount_minor), 0) <> i.net_minor OR count(l.id) = 0
    OR i.net_minor + i.tax_minor <> i.total_minor
