-- What is owed back to customers, as posted through %(last)s and known at %(known_at)s, in minor units by
-- currency: by credit notes what was not refunded, and money on account.
SELECT currency, sum(minor)::bigint
FROM (
  SELECT n.currency, n.refundable_minor AS minor
  FROM invoicing_creditnote AS n
  JOIN ledger_journalentry AS e ON e.source = 'credit_note:' || n.number
  WHERE e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
  UNION ALL
  SELECT r.currency, -r.amount_minor
  FROM invoicing_refund AS r
  JOIN ledger_journalentry AS e ON e.source = 'refund:' || r.reference
  WHERE e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
  UNION ALL
  SELECT r.currency, r.amount_minor - coalesce((
           SELECT sum(p.amount_minor) FROM invoicing_payment AS p
           WHERE p.receipt_id = r.id AND p.recorded_at = r.received_at), 0)
  FROM invoicing_receipt AS r
  JOIN ledger_journalentry AS e ON e.source = 'receipt:' || r.reference
  WHERE e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
  UNION ALL
  SELECT p.currency, -p.amount_minor
  FROM invoicing_payment AS p
  JOIN invoicing_receipt AS r ON r.id = p.receipt_id AND p.recorded_at > r.received_at
  JOIN ledger_journalentry AS e ON e.source = 'payment:' || p.reference
  WHERE e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
  UNION ALL
  SELECT b.currency, -b.amount_minor
  FROM invoicing_payback AS b
  JOIN ledger_journalentry AS e ON e.source = 'pay_back:' || b.reference
  WHERE e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
) AS owed
GROUP BY currency
