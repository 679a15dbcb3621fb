-- Undoes what taking_back.sql makes; payments fit an invoice's total again.
ALTER TABLE invoicing_invoiceline DROP CONSTRAINT invoicing_line_has_its_tax;
DROP FUNCTION invoicing_invoice_is_its_taxes, invoicing_note_fits, invoicing_note_follows,
  invoicing_note_is_issued, invoicing_note_is_its_lines, invoicing_void_fits, invoicing_refund_fits,
  invoicing_write_off_fits CASCADE;
DROP TRIGGER invoicing_invoice_is_issued ON invoicing_invoicetax;
CREATE OR REPLACE FUNCTION invoicing_payment_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  billed record;
BEGIN
  SELECT number, currency, total_minor INTO billed FROM invoicing_invoice WHERE id = NEW.invoice_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('invoice:' || billed.number, 0));
  IF NEW.currency <> billed.currency OR NEW.amount_minor + (
    SELECT coalesce(sum(amount_minor), 0) FROM invoicing_payment WHERE invoice_id = NEW.invoice_id
  ) > billed.total_minor THEN
    RAISE EXCEPTION 'payment % does not fit what is open of invoice %', NEW.reference, billed.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_payment_fits';
  END IF;
  RETURN NEW;
END $$;
DROP FUNCTION invoicing_open, invoicing_owed, invoicing_alone_up_to, invoicing_exponent;
ALTER TABLE invoicing_creditnote DROP COLUMN written_in,
  DROP CONSTRAINT invoicing_note_number_reads_as_counted;
