-- What customers committed to by contract at the end of %(last)s, as known at %(known_at)s: contracted, of it
-- invoiced, and collected (S8); net of tax and of what was taken back, by credit notes or with a void invoice, in
-- the contracts' currencies. A term counts from the day on which its charges were left. A payment is for all
-- lines of its invoice alike.
WITH known AS (
  SELECT c.id, c.contract_id, c.amount_minor FROM contracts_scheduledcharge AS c
  WHERE c.kind IN ('COMMITMENT', 'BONUS')
    AND c.recorded_at <= %(known_at)s AND (c.recorded_at AT TIME ZONE %(zone)s)::date <= %(last)s
),
billed AS (
  SELECT known.contract_id, i.id, i.total_minor, array_agg(known.id) AS charges,
         sum(l.amount_minor) AS gross,
         sum(l.amount_minor - coalesce((
           SELECT sum(n.amount_minor)
           FROM invoicing_creditnoteline AS n
           JOIN invoicing_creditnote AS note ON note.id = n.note_id
           WHERE n.line_id = l.id AND note.issued_at <= %(known_at)s AND note.issue_date <= %(last)s), 0)
         ) AS net
  FROM known
  JOIN invoicing_invoiceline AS l ON l.charge_id = known.id
  JOIN invoicing_invoice AS i ON i.id = l.invoice_id
   AND i.issued_at <= %(known_at)s AND i.issue_date <= %(last)s
  GROUP BY known.contract_id, i.id
),
pieces AS (
  SELECT known.contract_id, known.amount_minor AS contracted, 0 AS invoiced, 0 AS collected
  FROM known
  WHERE known.id NOT IN (SELECT unnest(charges) FROM billed)
  UNION ALL
  SELECT billed.contract_id, billed.net, billed.net,
         least(billed.net, CASE WHEN billed.total_minor > 0
           THEN round(received.minor::numeric * billed.gross / billed.total_minor) ELSE 0 END)
  FROM billed
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.amount_minor), 0) AS minor FROM invoicing_payment AS p
    WHERE p.invoice_id = billed.id AND p.recorded_at <= %(known_at)s
      AND (p.paid_at AT TIME ZONE %(zone)s)::date <= %(last)s
  ) AS received
  WHERE NOT EXISTS (
    SELECT FROM invoicing_invoicevoid AS v
    WHERE v.invoice_id = billed.id AND v.voided_at <= %(known_at)s
      AND (v.voided_at AT TIME ZONE %(zone)s)::date <= %(last)s)
)
SELECT k.customer_id, k.code, k.currency, sum(pieces.contracted)::bigint, sum(pieces.invoiced)::bigint,
       sum(pieces.collected)::bigint
FROM pieces
JOIN contracts_contract AS k ON k.id = pieces.contract_id
GROUP BY k.customer_id, k.code, k.currency
ORDER BY k.customer_id, k.code
