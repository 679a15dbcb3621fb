-- What was owed by posted invoices at the end of a day in the books' zone,
-- by customer, currency and days since the due date. Parameters: day, until.
WITH owed AS (
  SELECT i.customer_id, i.currency, i.due_date, i.total_minor
    - coalesce((SELECT sum(p.amount_minor) FROM invoicing_payment AS p
                WHERE p.invoice_id = i.id AND p.paid_at < %(until)s), 0)
    + coalesce((SELECT sum(c.amount_minor) FROM invoicing_chargeback AS c
                JOIN invoicing_payment AS p ON p.id = c.payment_id
                WHERE p.invoice_id = i.id AND c.taken_at < %(until)s), 0)
    - coalesce((SELECT sum(n.receivable_minor) FROM invoicing_creditnote AS n
                WHERE n.invoice_id = i.id AND n.issued_at < %(until)s), 0)
    - coalesce((SELECT v.amount_minor FROM invoicing_invoicevoid AS v
                WHERE v.invoice_id = i.id AND v.voided_at < %(until)s), 0) AS minor,
    coalesce((SELECT w.amount_minor FROM invoicing_writeoff AS w
              WHERE w.invoice_id = i.id AND w.written_off_at < %(until)s), 0) AS lost
  FROM invoicing_invoice AS i
  JOIN ledger_journalentry AS e ON e.source = 'invoice:' || i.number || ':receivable'
  WHERE e.posting_date <= %(day)s
)
SELECT c.code, c.name, o.currency,
       CASE WHEN %(day)s::date <= o.due_date THEN 0 WHEN %(day)s::date - o.due_date <= 30 THEN 1
            WHEN %(day)s::date - o.due_date <= 60 THEN 31
            WHEN %(day)s::date - o.due_date <= 90 THEN 61 ELSE 91 END AS band,
       sum(greatest(0, o.minor - o.lost))::bigint
FROM owed AS o JOIN accounts_customer AS c ON c.id = o.customer_id
GROUP BY c.code, c.name, o.currency, band
HAVING sum(greatest(0, o.minor - o.lost)) > 0
ORDER BY c.code, o.currency, band
