-- Invoices of which something is owed at the end of %(last)s, as known at %(known_at)s: what is open, and
-- whether the right to it is posted (V3), be it on a day before that of an invoice that was held. Days are those
-- of the books, in %(zone)s.
SELECT * FROM (
  SELECT i.customer_id, i.number, i.issue_date, i.due_date, i.currency,
         greatest(0, i.total_minor
           - coalesce((SELECT sum(p.amount_minor) FROM invoicing_payment AS p
               WHERE p.invoice_id = i.id AND p.recorded_at <= %(known_at)s
                 AND (p.paid_at AT TIME ZONE %(zone)s)::date <= %(last)s), 0)
           + coalesce((SELECT sum(c.amount_minor) FROM invoicing_chargeback AS c
               JOIN invoicing_payment AS p ON p.id = c.payment_id
               WHERE p.invoice_id = i.id AND c.taken_at <= %(known_at)s
                 AND (c.taken_at AT TIME ZONE %(zone)s)::date <= %(last)s), 0)
           - coalesce((SELECT sum(n.receivable_minor) FROM invoicing_creditnote AS n
               WHERE n.invoice_id = i.id AND n.issued_at <= %(known_at)s AND n.issue_date <= %(last)s), 0)
           - coalesce((SELECT sum(v.amount_minor) FROM invoicing_invoicevoid AS v
               WHERE v.invoice_id = i.id AND v.voided_at <= %(known_at)s
                 AND (v.voided_at AT TIME ZONE %(zone)s)::date <= %(last)s), 0)
           - coalesce((SELECT sum(w.amount_minor) FROM invoicing_writeoff AS w
               WHERE w.invoice_id = i.id AND w.written_off_at <= %(known_at)s
                 AND (w.written_off_at AT TIME ZONE %(zone)s)::date <= %(last)s), 0))::bigint AS open_minor,
         EXISTS (
           SELECT FROM ledger_journalentry AS e
           WHERE e.source = 'invoice:' || i.number || ':receivable'
             AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s) AS posted
  FROM invoicing_invoice AS i
  WHERE i.issued_at <= %(known_at)s
) AS invoices
WHERE open_minor > 0 AND (posted OR issue_date <= %(last)s)
ORDER BY customer_id, due_date, number
