-- What invoices of contracts that committed to something say at the end of %(last)s, as known at %(known_at)s, tax
-- and every line included: billed, taken back (by credit notes, with void invoices), collected, and open. Only what
-- is owed: invoices whose right to the money is posted (V3). In the invoices' currency.
WITH posted AS (
  SELECT i.id, i.holder_id, i.currency, i.total_minor AS billed,
         coalesce((SELECT sum(n.receivable_minor) FROM invoicing_creditnote AS n
             WHERE n.invoice_id = i.id AND n.issued_at <= %(known_at)s AND n.issue_date <= %(last)s), 0)
         + coalesce((SELECT sum(v.amount_minor) FROM invoicing_invoicevoid AS v
             WHERE v.invoice_id = i.id AND v.voided_at <= %(known_at)s
               AND (v.voided_at AT TIME ZONE %(zone)s)::date <= %(last)s), 0) AS taken_back,
         coalesce((SELECT sum(p.amount_minor) FROM invoicing_payment AS p
             WHERE p.invoice_id = i.id AND p.recorded_at <= %(known_at)s
               AND (p.paid_at AT TIME ZONE %(zone)s)::date <= %(last)s), 0)
         - coalesce((SELECT sum(c.amount_minor) FROM invoicing_chargeback AS c
             JOIN invoicing_payment AS p ON p.id = c.payment_id
             WHERE p.invoice_id = i.id AND c.taken_at <= %(known_at)s
               AND (c.taken_at AT TIME ZONE %(zone)s)::date <= %(last)s), 0) AS collected,
         coalesce((SELECT sum(w.amount_minor) FROM invoicing_writeoff AS w
             WHERE w.invoice_id = i.id AND w.written_off_at <= %(known_at)s
               AND (w.written_off_at AT TIME ZONE %(zone)s)::date <= %(last)s), 0) AS written_off
  FROM invoicing_invoice AS i
  WHERE i.issued_at <= %(known_at)s AND i.holder_id IN (
      SELECT k.holder_id FROM contracts_contract AS k
      JOIN contracts_scheduledcharge AS c ON c.contract_id = k.id
      WHERE c.kind IN ('COMMITMENT', 'BONUS')
        AND c.recorded_at <= %(known_at)s AND (c.recorded_at AT TIME ZONE %(zone)s)::date <= %(last)s)
    AND EXISTS (
      SELECT FROM ledger_journalentry AS e
      WHERE e.source = 'invoice:' || i.number || ':receivable'
        AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s)
)
SELECT k.customer_id, k.code, k.holder_id, p.currency, sum(p.billed)::bigint, sum(p.taken_back)::bigint,
       sum(p.collected)::bigint,
       sum(greatest(0, p.billed - p.taken_back - p.collected - p.written_off))::bigint
FROM posted AS p
JOIN contracts_contract AS k ON k.holder_id = p.holder_id
GROUP BY k.customer_id, k.code, k.holder_id, p.currency
ORDER BY k.customer_id, k.code
