-- Use beyond the balance that is priced in another currency than the books' stands on account 1150 in that
-- currency: what was used of each term at its price, less what invoices bill of it, and credit notes gave
-- back. Compared where all usage is posted.
WITH pieces AS (
  SELECT d.customer_id, layout.term_id, g.layer_id,
         least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos) AS credits
  FROM ledger_drain AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
   AND g.block_id IS NULL
  JOIN ledger_layout AS layout
    ON layout.customer_id = g.customer_id AND layout.pool_id = g.pool_id AND layout.line = g.line
   AND layout.no = g.layout_no
  UNION ALL
  SELECT m.customer_id, m.term_id, m.layer_id, m.credits
  FROM ledger_move AS m WHERE m.type LIKE 'OVERAGE%'
),
used AS (
  SELECT x.customer_id, x.term_id, k.currency,
         sum(creditops_released(k.cost_minor, k.quantity, x.credits)) AS minor
  FROM (
    SELECT customer_id, term_id, layer_id, sum(credits)::bigint AS credits
    FROM pieces GROUP BY customer_id, term_id, layer_id
  ) AS x
  JOIN ledger_costlayer AS k ON k.customer_id = x.customer_id AND k.id = x.layer_id
  WHERE k.currency <> (SELECT currency FROM ledger_booksettings)
  GROUP BY x.customer_id, x.term_id, k.currency
),
billed AS (
  SELECT i.customer_id, coalesce(charge.term_id, plan.term_id) AS term_id,
         sum(line.amount_minor - coalesce(back.minor, 0)) AS minor
  FROM invoicing_invoiceline AS line
  JOIN invoicing_invoice AS i ON i.id = line.invoice_id
  JOIN ledger_journalentry AS e ON e.source = 'invoice:' || i.number || ':receivable'
  LEFT JOIN contracts_scheduledcharge AS charge ON charge.id = line.charge_id
  LEFT JOIN contracts_plancharge AS plan ON plan.source = i.source
  LEFT JOIN LATERAL (
    SELECT sum(c.amount_minor) AS minor FROM invoicing_creditnoteline AS c WHERE c.line_id = line.id
  ) AS back ON true
  WHERE line.kind IN ('OVERAGE', 'GRACE')
  GROUP BY i.customer_id, coalesce(charge.term_id, plan.term_id)
),
posted AS (
  SELECT l.open_item, sum(l.transaction_minor) AS minor
  FROM ledger_journalline AS l WHERE l.open_item LIKE 'overage:%' GROUP BY l.open_item
)
SELECT format('overage of term %s, customer %s', u.term_id, u.customer_id),
       format('%s was used and %s billed, account 1150 is %s (minor units of %s)',
              u.minor, coalesce(b.minor, 0), coalesce(p.minor, 0), u.currency)
FROM used AS u
LEFT JOIN billed AS b ON b.customer_id = u.customer_id AND b.term_id = u.term_id
LEFT JOIN posted AS p ON p.open_item = format('overage:%s-%s', u.customer_id, u.term_id)
WHERE u.minor - coalesce(b.minor, 0) <> coalesce(p.minor, 0)
  AND u.customer_id NOT IN (
    SELECT customer_id FROM ledger_line WHERE posted_pos < consumed
    UNION
    SELECT customer_id FROM ledger_poolstate WHERE posted_seq < move_seq)
