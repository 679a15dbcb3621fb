-- Overage billed by contract at the end of %(last)s, as posted by %(known_at)s, less what credit notes took back
-- of it; of invoices in the books' currency.
SELECT i.customer_id, i.holder_id, sum(line.amount_minor - coalesce((
         SELECT sum(n.amount_minor) FROM invoicing_creditnoteline AS n
         JOIN invoicing_creditnote AS note ON note.id = n.note_id
         JOIN ledger_journalentry AS back ON back.source = 'credit_note:' || note.number
          AND back.posting_date <= %(last)s AND back.recorded_at <= %(known_at)s
         WHERE n.line_id = line.id), 0))::bigint
FROM invoicing_invoiceline AS line
JOIN invoicing_invoice AS i ON i.id = line.invoice_id
JOIN ledger_journalentry AS e ON e.source = 'invoice:' || i.number || ':receivable'
 AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
WHERE line.kind IN ('OVERAGE', 'GRACE') AND i.currency = (SELECT currency FROM ledger_booksettings)
  AND NOT EXISTS (
    SELECT FROM invoicing_invoicevoid AS v
    WHERE v.invoice_id = i.id AND v.voided_at <= %(known_at)s
      AND (v.voided_at AT TIME ZONE %(zone)s)::date <= %(last)s)
GROUP BY i.customer_id, i.holder_id
