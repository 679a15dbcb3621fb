-- Money received for credits in advance, net of tax, by year of receipt in the books' zone, through %(last)s as
-- known at %(known_at)s; in minor units of the books' currency, invoices in others are left out. A payment is
-- for all lines of its invoice alike.
SELECT extract(year FROM p.paid_at AT TIME ZONE %(zone)s)::integer,
       sum(round(p.amount_minor::numeric * advance.minor / i.total_minor))::bigint
FROM invoicing_payment AS p
JOIN invoicing_invoice AS i ON i.id = p.invoice_id AND i.total_minor > 0 AND i.currency = %(currency)s
CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.amount_minor), 0) AS minor FROM invoicing_invoiceline AS l
  WHERE l.invoice_id = i.id AND l.kind = ANY (%(kinds)s::text[])
) AS advance
WHERE p.recorded_at <= %(known_at)s AND (p.paid_at AT TIME ZONE %(zone)s)::date <= %(last)s
GROUP BY 1 ORDER BY 1
