-- What customers owe for credits and were not invoiced yet at the end of %(last)s, the instant before %(end)s, as
-- known at %(known_at)s: charges whose right is unconditional (V3), and whose invoice is not posted and not made
-- void; in the books' currency.
SELECT contract.customer_id, contract.holder_id, sum(charge.amount_minor)::bigint
FROM contracts_scheduledcharge AS charge
JOIN contracts_contract AS contract ON contract.id = charge.contract_id
WHERE charge.receivable_at < %(end)s AND charge.receivable_at <= %(known_at)s
  AND charge.recorded_at <= %(known_at)s AND charge.kind <> %(overage)s AND charge.amount_minor > 0
  AND charge.currency = (SELECT currency FROM ledger_booksettings)
  AND NOT EXISTS (
    SELECT FROM invoicing_invoiceline AS line
    JOIN invoicing_invoice AS i ON i.id = line.invoice_id
    LEFT JOIN ledger_journalentry AS e ON e.source = 'invoice:' || i.number || ':receivable'
     AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
    LEFT JOIN invoicing_invoicevoid AS v ON v.invoice_id = i.id
     AND v.voided_at < %(end)s AND v.voided_at <= %(known_at)s
    WHERE line.charge_id = charge.id AND (e.id IS NOT NULL OR v.id IS NOT NULL))
GROUP BY contract.customer_id, contract.holder_id
