-- Per customer by how much deferred revenue runs ahead of the value of blocks (> 0), or behind (< 0):
-- what is receivable for a term that has no credits yet, less credits whose invoice is not receivable
-- yet, or that are not invoiced at all yet, unless they are owed all the same (V3); each less what credit
-- notes took back of it. A void invoice is for nothing. Documents in the books' own currency;
-- invoicing/deferral.py adds the others.
WITH begun AS (
  SELECT DISTINCT customer_id, term_id FROM ledger_poolterm
),
billed AS (
  SELECT i.customer_id,
         line.amount_minor - coalesce((
           SELECT sum(c.amount_minor) FROM invoicing_creditnoteline AS c WHERE c.line_id = line.id
         ), 0) AS amount_minor,
         EXISTS (
           SELECT FROM ledger_journalentry AS e
           WHERE e.source = 'invoice:' || i.number || ':receivable'
              OR e.source = 'charge:' || charge.source || ':owed'
         ) AS deferred,
         line.block_id IS NOT NULL OR begun.term_id IS NOT NULL AS granted
  FROM invoicing_invoiceline AS line
  JOIN invoicing_invoice AS i ON i.id = line.invoice_id
  LEFT JOIN contracts_scheduledcharge AS charge ON charge.id = line.charge_id
  LEFT JOIN begun ON begun.customer_id = i.customer_id AND begun.term_id = charge.term_id
  WHERE line.kind = ANY (%(kinds)s::text[]) AND i.currency = (SELECT currency FROM ledger_booksettings)
    AND NOT EXISTS (SELECT FROM invoicing_invoicevoid AS v WHERE v.invoice_id = i.id)
),
waiting AS (
  SELECT contract.customer_id, charge.amount_minor
  FROM contracts_scheduledcharge AS charge
  JOIN contracts_contract AS contract ON contract.id = charge.contract_id
  JOIN begun ON begun.customer_id = contract.customer_id AND begun.term_id = charge.term_id
  WHERE charge.kind = ANY (%(kinds)s::text[])
    AND charge.currency = (SELECT currency FROM ledger_booksettings)
    AND NOT EXISTS (SELECT FROM invoicing_invoiceline AS line WHERE line.charge_id = charge.id)
    AND NOT EXISTS (
      SELECT FROM ledger_journalentry AS e WHERE e.source = 'charge:' || charge.source || ':owed'
    )
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
