-- Piece by piece, by how much deferred revenue runs ahead of the value of blocks (> 0), or behind (< 0), at the
-- end of %(last)s by posting date, as known at %(known_at)s: what is receivable for credits that are not there
-- yet, less credits whose invoice is not receivable yet, or that are not invoiced at all yet, unless they are
-- owed all the same (V3). In minor units of the books' currency; with the document's line where that is in
-- another: what credit notes took back of it is still to be taken off. A void invoice is for nothing.
WITH books AS (SELECT currency FROM ledger_booksettings),
charges AS (
  SELECT charge.id, contract.customer_id, charge.currency <> books.currency AS abroad,
         CASE WHEN charge.currency = books.currency THEN charge.amount_minor
              ELSE coalesce(charge.functional_minor, 0) END AS minor,
         b.recorded_at <= %(known_at)s AND (b.effective_at AT TIME ZONE %(zone)s)::date <= %(last)s
           IS TRUE AS granted,
         EXISTS (
           SELECT FROM ledger_journalentry AS e
           WHERE e.source = 'charge:' || charge.source || ':owed'
             AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s) AS owed
  FROM books, contracts_scheduledcharge AS charge
  JOIN contracts_contract AS contract ON contract.id = charge.contract_id
  JOIN ledger_term AS term ON term.customer_id = contract.customer_id AND term.id = charge.term_id
  LEFT JOIN contracts_amendment AS added ON added.charge_id = charge.id
  LEFT JOIN ledger_block AS b
    ON b.customer_id = contract.customer_id
   AND b.source = CASE charge.kind
         WHEN 'ADDITION' THEN added.block_source
         WHEN 'BONUS' THEN 'contract:' || contract.code || ':term:' || term.number || ':bonus'
         ELSE 'contract:' || contract.code || ':term:' || term.number || ':commitment' END
  WHERE charge.kind = ANY (%(kinds)s::text[])
),
billed AS (
  SELECT i.customer_id, CASE WHEN charges.abroad THEN line.id END AS foreign_line,
         CASE WHEN charges.abroad THEN charges.minor
              ELSE line.amount_minor - coalesce((
                SELECT sum(c.amount_minor) FROM invoicing_creditnoteline AS c
                JOIN invoicing_creditnote AS n ON n.id = c.note_id
                WHERE c.line_id = line.id AND n.issue_date <= %(last)s AND n.issued_at <= %(known_at)s
              ), 0) END AS minor,
         charges.owed IS TRUE OR EXISTS (
           SELECT FROM ledger_journalentry AS e
           WHERE e.source = 'invoice:' || i.number || ':receivable'
             AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s) AS deferred,
         coalesce(
           charges.granted, (block.effective_at AT TIME ZONE %(zone)s)::date <= %(last)s, false
         ) AS granted
  FROM books, invoicing_invoiceline AS line
  JOIN invoicing_invoice AS i ON i.id = line.invoice_id AND i.issued_at <= %(known_at)s
  LEFT JOIN ledger_block AS block ON block.customer_id = i.customer_id AND block.id = line.block_id
  LEFT JOIN charges ON charges.id = line.charge_id
  WHERE line.kind = ANY (%(kinds)s::text[])
    AND (i.currency = books.currency OR line.charge_id IS NOT NULL)
    AND NOT EXISTS (
      SELECT FROM invoicing_invoicevoid AS v
      WHERE v.invoice_id = i.id AND v.voided_at <= %(known_at)s
        AND (v.voided_at AT TIME ZONE %(zone)s)::date <= %(last)s)
)
SELECT customer_id, minor, foreign_line FROM billed WHERE deferred AND NOT granted
UNION ALL
SELECT customer_id, -minor, foreign_line FROM billed WHERE granted AND NOT deferred
UNION ALL
SELECT customer_id, -minor, NULL
FROM charges
WHERE granted AND NOT owed
  AND NOT EXISTS (
    SELECT FROM invoicing_invoiceline AS line
    JOIN invoicing_invoice AS i ON i.id = line.invoice_id
    WHERE line.charge_id = charges.id AND i.issued_at <= %(known_at)s)
