-- What a credit note credits is what its lines and taxes say (its tax alone, where only tax was billed), what was revoked of the blocks that it
-- names, and what the journal says: deferred revenue, tax, and what is owed or owed back, in its currency.
WITH lines AS (
  SELECT l.note_id, sum(l.amount_minor) AS net, sum(coalesce(l.taxed_minor, l.amount_minor)) AS base,
         count(*) FILTER (
           WHERE l.block_id IS NOT NULL AND (
             m.seq IS NULL OR m.type <> 'REVOKE' OR m.credits <> l.credits
             OR l.amount_minor <> creditops_released(k.cost_minor, k.quantity, m.r0 + m.credits)
                                - creditops_released(k.cost_minor, k.quantity, m.r0))
         ) AS astray
  FROM invoicing_creditnoteline AS l
  JOIN invoicing_creditnote AS n ON n.id = l.note_id
  LEFT JOIN ledger_move AS m
    ON m.customer_id = n.customer_id AND m.block_id = l.block_id AND m.seq = l.move_seq
  LEFT JOIN ledger_costlayer AS k ON k.customer_id = m.customer_id AND k.id = m.layer_id
  GROUP BY l.note_id
),
taxes AS (
  SELECT note_id, sum(net_minor) AS net, sum(tax_minor) AS tax
  FROM invoicing_creditnotetax GROUP BY note_id
),
posted AS (
  SELECT e.source,
         -sum(l.own) FILTER (WHERE a.code = '2150') AS refundable,
         -sum(l.own) FILTER (WHERE a.code IN ('1100', '6300')) AS receivable,
         sum(l.own) FILTER (WHERE a.code = '2200') AS tax
  FROM ledger_journalentry AS e
  JOIN LATERAL (
    SELECT n.account_id, coalesce(n.transaction_minor, n.debit_minor - n.credit_minor) AS own
    FROM ledger_journalline AS n WHERE n.entry_id = e.id
  ) AS l ON true
  JOIN ledger_account AS a ON a.id = l.account_id
  WHERE e.source LIKE 'credit_note:%'
  GROUP BY e.source
)
SELECT format('credit note %s', n.number),
       format('net %s, lines %s, taxed %s, lines astray %s, posted to 2150 %s', n.net_minor,
              coalesce(lines.net, 0), coalesce(taxes.net, 0), coalesce(lines.astray, 0),
              coalesce(posted.refundable, 0))
FROM invoicing_creditnote AS n
JOIN invoicing_invoice AS i ON i.id = n.invoice_id
LEFT JOIN lines ON lines.note_id = n.id
LEFT JOIN taxes ON taxes.note_id = n.id
LEFT JOIN posted ON posted.source = 'credit_note:' || n.number
WHERE n.net_minor <> coalesce(lines.net, 0) OR lines.base IS DISTINCT FROM taxes.net
   OR n.tax_minor <> coalesce(taxes.tax, 0) OR n.total_minor <> n.net_minor + n.tax_minor
   OR n.total_minor <> n.receivable_minor + n.refundable_minor OR lines.astray > 0
   OR (posted.source IS NOT NULL) <> EXISTS (
        SELECT FROM ledger_journalentry AS e
        WHERE e.source = 'invoice:' || i.number || ':receivable')
   OR posted.source IS NOT NULL AND (
        coalesce(posted.refundable, 0) <> n.refundable_minor
        OR coalesce(posted.receivable, 0) <> n.receivable_minor
        OR coalesce(posted.tax, 0) <> n.tax_minor)
