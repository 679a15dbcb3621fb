-- What of a receipt settled invoices and went back is never more than arrived, and all in its currency and of
-- its customer.
SELECT format('receipt %s', r.reference),
       format('%s of %s are left (minor units)', invoicing_receipt_rest(r.id), r.amount_minor)
FROM invoicing_receipt AS r
WHERE invoicing_receipt_rest(r.id) < 0
   OR EXISTS (
     SELECT FROM invoicing_payment AS p JOIN invoicing_invoice AS i ON i.id = p.invoice_id
     WHERE p.receipt_id = r.id AND (p.currency, i.customer_id) <> (r.currency, r.customer_id))
   OR EXISTS (
     SELECT FROM invoicing_payback AS b WHERE b.receipt_id = r.id AND b.currency <> r.currency)
