-- What issued documents promise, kept by the database whoever writes (docs/database-rules.md).

ALTER TABLE invoicing_invoice ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE invoicing_invoice ADD CONSTRAINT invoicing_invoice_number_reads_as_counted CHECK (
  number = series || '-' || year || '-'
           || lpad(sequence::text, greatest(6, length(sequence::text)), '0'));

-- An invoice has lines and they add up to its net; checked when its transaction commits.
CREATE FUNCTION invoicing_invoice_is_its_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount_minor) FROM invoicing_invoiceline WHERE invoice_id = NEW.id)
     IS DISTINCT FROM NEW.net_minor THEN
    RAISE EXCEPTION 'invoice % has no lines, or they are not its net', NEW.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_invoice_is_its_lines';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER invoicing_invoice_is_its_lines AFTER INSERT ON invoicing_invoice
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_is_its_lines();
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_is_its_lines;

-- No line can be added after the issue, not even one of nothing.
CREATE FUNCTION invoicing_invoice_is_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT written_in FROM invoicing_invoice WHERE id = NEW.invoice_id)
     IS DISTINCT FROM pg_current_xact_id() THEN
    RAISE EXCEPTION 'invoice % is issued', NEW.invoice_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_invoice_is_issued';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_invoice_is_issued BEFORE INSERT ON invoicing_invoiceline
  FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_is_issued();
ALTER TABLE invoicing_invoiceline ENABLE ALWAYS TRIGGER invoicing_invoice_is_issued;

-- Numbers of a series and year are 1 to n, in the order of their dates.
CREATE FUNCTION invoicing_invoice_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.sequence <> 1 AND NOT EXISTS (
    SELECT FROM invoicing_invoice AS i
    WHERE i.series = NEW.series AND i.year = NEW.year AND i.sequence = NEW.sequence - 1
      AND i.issue_date <= NEW.issue_date
  ) THEN
    RAISE EXCEPTION 'invoice % does not follow the one before', NEW.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_invoice_follows';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_invoice_follows BEFORE INSERT ON invoicing_invoice
  FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_follows();
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_follows;

-- Payments of an invoice are in its currency and never more than its total. The name is locked as
-- payments.record locks it, so two at once take turns.
CREATE FUNCTION invoicing_payment_fits() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER invoicing_payment_fits BEFORE INSERT ON invoicing_payment
  FOR EACH ROW EXECUTE FUNCTION invoicing_payment_fits();
ALTER TABLE invoicing_payment ENABLE ALWAYS TRIGGER invoicing_payment_fits;
