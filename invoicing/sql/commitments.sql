-- What customers committed to by contract at the end of %(last)s, as known at %(known_at)s: contracted, of it
-- invoiced, and collected (S8); net of tax and of what was taken back, in the contracts' currencies. A payment
-- is for all lines of its invoice alike.
SELECT k.customer_id, k.code, k.currency, sum(c.amount_minor - c.taken_back_minor)::bigint,
       coalesce(sum(line.net) FILTER (WHERE line.net IS NOT NULL), 0)::bigint,
       coalesce(sum(line.paid), 0)::bigint
FROM contracts_scheduledcharge AS c
JOIN contracts_contract AS k ON k.id = c.contract_id
LEFT JOIN LATERAL (
  SELECT greatest(0, l.amount_minor - back.minor) AS net,
         least(greatest(0, l.amount_minor - back.minor),
               CASE WHEN i.total_minor > 0
                    THEN round(received.minor::numeric * l.amount_minor / i.total_minor) ELSE 0 END) AS paid
  FROM invoicing_invoiceline AS l
  JOIN invoicing_invoice AS i ON i.id = l.invoice_id
   AND i.issued_at <= %(known_at)s AND i.issue_date <= %(last)s
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(n.amount_minor), 0) AS minor
    FROM invoicing_creditnoteline AS n
    JOIN invoicing_creditnote AS note ON note.id = n.note_id
    WHERE n.line_id = l.id AND note.issued_at <= %(known_at)s AND note.issue_date <= %(last)s
  ) AS back
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.amount_minor), 0) AS minor FROM invoicing_payment AS p
    WHERE p.invoice_id = i.id AND p.recorded_at <= %(known_at)s
      AND (p.paid_at AT TIME ZONE %(zone)s)::date <= %(last)s
  ) AS received
  WHERE l.charge_id = c.id
    AND NOT EXISTS (
      SELECT FROM invoicing_invoicevoid AS v WHERE v.invoice_id = i.id AND v.voided_at <= %(known_at)s)
) AS line ON true
WHERE c.kind IN ('COMMITMENT', 'BONUS')
  AND k.signed_at <= %(known_at)s AND (k.signed_at AT TIME ZONE %(zone)s)::date <= %(last)s
GROUP BY k.customer_id, k.code, k.currency
ORDER BY k.customer_id, k.code
