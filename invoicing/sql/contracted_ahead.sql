-- What signed contracts that can't be cancelled will still bill for credits at the end of %(last)s, as known at
-- %(known_at)s: charges whose money is not deferred yet, less what credit notes took back of them; with the end
-- that their term had then. In the books' currency only.
SELECT contract.customer_id, charge.amount_minor - back.minor, coalesce(cut.would_end, term.ends_at)
FROM contracts_scheduledcharge AS charge
JOIN contracts_contract AS contract ON contract.id = charge.contract_id
JOIN ledger_term AS term ON term.customer_id = contract.customer_id AND term.id = charge.term_id
LEFT JOIN LATERAL (
  SELECT (a.effect ->> 'would_end')::timestamptz AS would_end
  FROM contracts_amendment AS a
  WHERE a.contract_id = contract.id AND a.kind = 'terminated' AND a.signed_at > %(known_at)s
    AND NOT EXISTS (
      SELECT FROM ledger_term AS later
      WHERE later.customer_id = term.customer_id AND later.holder_id = term.holder_id
        AND later.number > term.number)
  ORDER BY a.no LIMIT 1
) AS cut ON true
CROSS JOIN LATERAL (
  SELECT coalesce(sum(n.amount_minor), 0)::bigint AS minor
  FROM invoicing_invoiceline AS line
  JOIN invoicing_creditnoteline AS n ON n.line_id = line.id
  JOIN invoicing_creditnote AS note ON note.id = n.note_id
  WHERE line.charge_id = charge.id AND note.issued_at <= %(known_at)s AND note.issue_date <= %(last)s
) AS back
WHERE charge.kind = ANY (%(kinds)s::text[]) AND NOT contract.cancellable
  AND charge.currency = %(currency)s
  AND charge.amount_minor > back.minor
  AND charge.recorded_at <= %(known_at)s AND (charge.recorded_at AT TIME ZONE %(zone)s)::date <= %(last)s
  AND (contract.terminated_at IS NULL OR contract.terminated_at > %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM invoicing_invoiceline AS line
    JOIN invoicing_invoice AS i ON i.id = line.invoice_id
    JOIN ledger_journalentry AS e ON e.source = 'invoice:' || i.number || ':receivable'
     AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
    WHERE line.charge_id = charge.id)
  AND NOT EXISTS (
    SELECT FROM ledger_journalentry AS e
    WHERE e.source = 'charge:' || charge.source || ':owed'
      AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s)
  AND NOT EXISTS (
    SELECT FROM invoicing_invoiceline AS line
    JOIN invoicing_invoicevoid AS v ON v.invoice_id = line.invoice_id
    WHERE line.charge_id = charge.id AND v.voided_at <= %(known_at)s
      AND (v.voided_at AT TIME ZONE %(zone)s)::date <= %(last)s)
