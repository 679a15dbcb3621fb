-- Undoes what invoices.sql makes.
DROP FUNCTION invoicing_invoice_is_its_lines, invoicing_invoice_is_issued, invoicing_invoice_follows,
  invoicing_payment_fits CASCADE;
ALTER TABLE invoicing_invoice DROP COLUMN written_in,
  DROP CONSTRAINT invoicing_invoice_number_reads_as_counted;
