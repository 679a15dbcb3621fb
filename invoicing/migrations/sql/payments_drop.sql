DROP TRIGGER invoicing_bank_line_stays_placed ON invoicing_bankline;
DROP FUNCTION invoicing_bank_line_stays_placed;
DROP TRIGGER invoicing_dispute_stays_decided ON invoicing_dispute;
DROP FUNCTION invoicing_dispute_stays_decided;
DROP TRIGGER invoicing_charge_stays_decided ON invoicing_cardcharge;
DROP FUNCTION invoicing_charge_stays_decided;
DROP TRIGGER invoicing_chargeback_fits ON invoicing_chargeback;
DROP FUNCTION invoicing_chargeback_fits;
DROP TRIGGER invoicing_pay_back_fits ON invoicing_payback;
DROP FUNCTION invoicing_pay_back_fits;
CREATE OR REPLACE FUNCTION invoicing_owed(wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT (i.total_minor
    - coalesce((SELECT sum(p.amount_minor) FROM invoicing_payment AS p WHERE p.invoice_id = i.id), 0)
    - coalesce((SELECT sum(n.receivable_minor) FROM invoicing_creditnote AS n
                WHERE n.invoice_id = i.id), 0)
    - coalesce((SELECT v.amount_minor FROM invoicing_invoicevoid AS v WHERE v.invoice_id = i.id), 0)
  )::bigint
  FROM invoicing_invoice AS i WHERE i.id = wanted
$$;
CREATE OR REPLACE FUNCTION invoicing_payment_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  billed record;
BEGIN
  SELECT number, currency INTO billed FROM invoicing_invoice WHERE id = NEW.invoice_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('invoice:' || billed.number, 0));
  IF NEW.currency <> billed.currency OR NEW.amount_minor > invoicing_owed(NEW.invoice_id) THEN
    RAISE EXCEPTION 'payment % does not fit what is open of invoice %', NEW.reference, billed.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_payment_fits';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION invoicing_refund_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  note record;
  paid record;
BEGIN
  SELECT n.number, n.currency, n.refundable_minor, n.invoice_id, i.number AS invoice INTO note
  FROM invoicing_creditnote AS n JOIN invoicing_invoice AS i ON i.id = n.invoice_id
  WHERE n.id = NEW.note_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('invoice:' || note.invoice, 0));
  SELECT amount_minor, invoice_id INTO paid FROM invoicing_payment WHERE id = NEW.payment_id;
  IF NEW.currency <> note.currency OR paid.invoice_id <> note.invoice_id
     OR NEW.amount_minor + (
       SELECT coalesce(sum(amount_minor), 0) FROM invoicing_refund WHERE note_id = NEW.note_id
     ) > note.refundable_minor
     OR NEW.amount_minor + (
       SELECT coalesce(sum(amount_minor), 0) FROM invoicing_refund WHERE payment_id = NEW.payment_id
     ) > paid.amount_minor
  THEN
    RAISE EXCEPTION 'refund % does not fit credit note % or its payment', NEW.reference, note.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_refund_fits';
  END IF;
  IF NEW.approval_id IS NULL AND (
       SELECT coalesce(sum(amount_minor), 0) FROM invoicing_refund WHERE note_id = NEW.note_id
     ) + NEW.amount_minor > invoicing_alone_up_to(note.currency, NEW.paid_at)
     OR NEW.approval_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM lib_approval AS a
       WHERE a.id = NEW.approval_id AND a.state = 'approved' AND a.kind = 'money.refund'
         AND a.content ->> 'credit_note' = note.number AND a.requested_by = NEW.paid_by
         AND (a.content ->> 'amount_minor')::bigint >= NEW.amount_minor + (
           SELECT coalesce(sum(amount_minor), 0) FROM invoicing_refund
           WHERE approval_id = NEW.approval_id))
  THEN
    RAISE EXCEPTION 'refund % needs a second person', NEW.reference
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_refund_has_four_eyes';
  END IF;
  RETURN NEW;
END $$;
DROP FUNCTION invoicing_receipt_rest;
