-- Per customer by how much deferred revenue runs ahead of the value of blocks (> 0), or behind (< 0), at the
-- end of %(last)s by posting date, as known at %(known_at)s: what is receivable for credits that are not
-- there yet, less credits whose invoice is not receivable yet, or that are not invoiced at all yet, unless they
-- are owed all the same (V3); each less what credit notes of until then took back of it. A void invoice is for nothing. Documents in the books'
-- own currency; invoicing/deferral.py adds the others.
WITH begun AS (
  SELECT DISTINCT p.customer_id, p.term_id
  FROM ledger_poolterm AS p
  JOIN ledger_term AS t ON t.customer_id = p.customer_id AND t.id = p.term_id
  WHERE p.recorded_at <= %(known_at)s AND (t.starts_at AT TIME ZONE %(zone)s)::date <= %(last)s
),
owed AS (
  SELECT charge.id AS charge_id
  FROM contracts_scheduledcharge AS charge
  JOIN ledger_journalentry AS e ON e.source = 'charge:' || charge.source || ':owed'
   AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
),
billed AS (
  SELECT i.customer_id, line.charge_id,
         line.amount_minor - coalesce((
           SELECT sum(c.amount_minor) FROM invoicing_creditnoteline AS c
           JOIN invoicing_creditnote AS n ON n.id = c.note_id
           WHERE c.line_id = line.id AND n.issue_date <= %(last)s AND n.issued_at <= %(known_at)s
         ), 0) AS amount_minor,
         EXISTS (
           SELECT FROM ledger_journalentry AS e
           WHERE e.source = 'invoice:' || i.number || ':receivable'
             AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
         ) OR line.charge_id IN (SELECT charge_id FROM owed) AS deferred,
         (block.effective_at AT TIME ZONE %(zone)s)::date <= %(last)s IS TRUE
           OR begun.term_id IS NOT NULL AS granted
  FROM invoicing_invoiceline AS line
  JOIN invoicing_invoice AS i ON i.id = line.invoice_id AND i.issued_at <= %(known_at)s
  LEFT JOIN ledger_block AS block ON block.customer_id = i.customer_id AND block.id = line.block_id
  LEFT JOIN contracts_scheduledcharge AS charge ON charge.id = line.charge_id
  LEFT JOIN begun ON begun.customer_id = i.customer_id AND begun.term_id = charge.term_id
  WHERE line.kind = ANY (%(kinds)s::text[]) AND i.currency = (SELECT currency FROM ledger_booksettings)
    AND NOT EXISTS (
      SELECT FROM invoicing_invoicevoid AS v
      WHERE v.invoice_id = i.id AND v.voided_at <= %(known_at)s
        AND (v.voided_at AT TIME ZONE %(zone)s)::date <= %(last)s)
),
waiting AS (
  SELECT contract.customer_id, charge.amount_minor
  FROM contracts_scheduledcharge AS charge
  JOIN contracts_contract AS contract ON contract.id = charge.contract_id
  JOIN begun ON begun.customer_id = contract.customer_id AND begun.term_id = charge.term_id
  WHERE charge.kind = ANY (%(kinds)s::text[])
    AND charge.currency = (SELECT currency FROM ledger_booksettings)
    AND charge.id NOT IN (SELECT charge_id FROM owed)
    AND NOT EXISTS (
      SELECT FROM invoicing_invoiceline AS line
      JOIN invoicing_invoice AS i ON i.id = line.invoice_id
      WHERE line.charge_id = charge.id AND i.issued_at <= %(known_at)s)
)
SELECT customer_id, sum(ahead)::bigint
FROM (
  SELECT customer_id, amount_minor AS ahead FROM billed WHERE deferred AND NOT granted
  UNION ALL
  SELECT customer_id, -amount_minor FROM billed WHERE granted AND NOT deferred
  UNION ALL
  SELECT customer_id, -amount_minor FROM waiting
) AS pieces
GROUP BY customer_id
HAVING sum(ahead) <> 0
