-- What payments of every kind promise, kept by the database (docs/database-rules.md).

-- What of a receipt neither settled an invoice nor went back: the customer's money on account.
CREATE FUNCTION invoicing_receipt_rest(wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT (r.amount_minor
    - coalesce((SELECT sum(p.amount_minor) FROM invoicing_payment AS p WHERE p.receipt_id = r.id), 0)
    - coalesce((SELECT sum(b.amount_minor) FROM invoicing_payback AS b WHERE b.receipt_id = r.id), 0)
  )::bigint
  FROM invoicing_receipt AS r WHERE r.id = wanted
$$;

-- A payment that the bank took back is owed again.
CREATE OR REPLACE FUNCTION invoicing_owed(wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT (i.total_minor
    - coalesce((SELECT sum(p.amount_minor) FROM invoicing_payment AS p WHERE p.invoice_id = i.id), 0)
    - coalesce((SELECT sum(n.receivable_minor) FROM invoicing_creditnote AS n
                WHERE n.invoice_id = i.id), 0)
    - coalesce((SELECT v.amount_minor FROM invoicing_invoicevoid AS v WHERE v.invoice_id = i.id), 0)
    + coalesce((SELECT sum(c.amount_minor) FROM invoicing_chargeback AS c
                JOIN invoicing_payment AS p ON p.id = c.payment_id WHERE p.invoice_id = i.id), 0)
  )::bigint
  FROM invoicing_invoice AS i WHERE i.id = wanted
$$;

-- A payment never exceeds what is owed, nor what its receipt has left; both are one customer's, in one
-- currency. Names are locked as receipts.py locks them: the receipt's after the invoice's here, since
-- whoever places a receipt holds it already.
CREATE OR REPLACE FUNCTION invoicing_payment_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  billed record;
  received record;
BEGIN
  SELECT number, currency, customer_id INTO billed FROM invoicing_invoice WHERE id = NEW.invoice_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('invoice:' || billed.number, 0));
  IF NEW.currency <> billed.currency OR NEW.amount_minor > invoicing_owed(NEW.invoice_id) THEN
    RAISE EXCEPTION 'payment % does not fit what is open of invoice %', NEW.reference, billed.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_payment_fits';
  END IF;
  IF NEW.receipt_id IS NOT NULL THEN
    SELECT reference, currency, customer_id INTO received
    FROM invoicing_receipt WHERE id = NEW.receipt_id;
    PERFORM pg_advisory_xact_lock(hashtextextended('receipt:' || received.reference, 0));
    IF NEW.currency <> received.currency OR billed.customer_id <> received.customer_id
       OR NEW.amount_minor > invoicing_receipt_rest(NEW.receipt_id)
    THEN
      RAISE EXCEPTION 'payment % does not fit what is left of receipt %',
        NEW.reference, received.reference
        USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_payment_fits_its_receipt';
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- Money on account goes back no more than once, with a second person's approval of exactly this, or
-- below what one may do alone.
CREATE FUNCTION invoicing_pay_back_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  received record;
BEGIN
  SELECT reference, currency INTO received FROM invoicing_receipt WHERE id = NEW.receipt_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('receipt:' || received.reference, 0));
  IF NEW.currency <> received.currency OR NEW.amount_minor > invoicing_receipt_rest(NEW.receipt_id)
  THEN
    RAISE EXCEPTION 'pay-back % does not fit what is left of receipt %',
      NEW.reference, received.reference
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_pay_back_fits';
  END IF;
  IF NEW.approval_id IS NULL AND (
       SELECT coalesce(sum(amount_minor), 0) FROM invoicing_payback
       WHERE receipt_id = NEW.receipt_id
     ) + NEW.amount_minor > invoicing_alone_up_to(received.currency, NEW.paid_at)
     OR NEW.approval_id IS NOT NULL AND (
       EXISTS (SELECT FROM invoicing_payback WHERE approval_id = NEW.approval_id)
       OR NOT EXISTS (
         SELECT FROM lib_approval AS a
         WHERE a.id = NEW.approval_id AND a.state = 'approved' AND a.kind = 'money.pay_back'
           AND a.content ->> 'receipt' = received.reference AND a.requested_by = NEW.paid_by
           AND (a.content ->> 'amount_minor')::bigint = NEW.amount_minor))
  THEN
    RAISE EXCEPTION 'pay-back % needs a second person', NEW.reference
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_pay_back_has_four_eyes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_pay_back_fits BEFORE INSERT ON invoicing_payback
  FOR EACH ROW EXECUTE FUNCTION invoicing_pay_back_fits();
ALTER TABLE invoicing_payback ENABLE ALWAYS TRIGGER invoicing_pay_back_fits;

-- What went back by refunds and what the bank took back are together never more than was paid.
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
     ) + (
       SELECT coalesce(sum(amount_minor), 0) FROM invoicing_chargeback
       WHERE payment_id = NEW.payment_id
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

-- A bank takes back what a lost dispute was about: what of the payment was not refunded.
CREATE FUNCTION invoicing_chargeback_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  paid record;
BEGIN
  SELECT p.id, p.amount_minor, p.reference, i.number INTO paid
  FROM invoicing_payment AS p JOIN invoicing_invoice AS i ON i.id = p.invoice_id
  WHERE p.id = NEW.payment_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('invoice:' || paid.number, 0));
  IF NEW.amount_minor + (
       SELECT coalesce(sum(amount_minor), 0) FROM invoicing_refund WHERE payment_id = paid.id
     ) > paid.amount_minor
     OR NOT EXISTS (
       SELECT FROM invoicing_dispute AS d
       WHERE d.id = NEW.dispute_id AND d.payment_id = paid.id AND d.state = 'lost')
  THEN
    RAISE EXCEPTION 'the chargeback of % does not fit its payment or its dispute', paid.reference
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_chargeback_fits';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_chargeback_fits BEFORE INSERT ON invoicing_chargeback
  FOR EACH ROW EXECUTE FUNCTION invoicing_chargeback_fits();
ALTER TABLE invoicing_chargeback ENABLE ALWAYS TRIGGER invoicing_chargeback_fits;

-- A charge keeps what it is about, goes forward only, and once it succeeded it stays so: news that comes
-- late undoes nothing.
CREATE FUNCTION invoicing_charge_stays_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'charge % is not removed', OLD.reference
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_charge_stays_decided';
  END IF;
  IF (OLD.reference, OLD.customer_id, OLD.invoice_id, OLD.source, OLD.attempt, OLD.amount_minor,
      OLD.currency, OLD.gateway, OLD.token, OLD."then", OLD.content, OLD.asked_at, OLD.asked_by)
     IS DISTINCT FROM
     (NEW.reference, NEW.customer_id, NEW.invoice_id, NEW.source, NEW.attempt, NEW.amount_minor,
      NEW.currency, NEW.gateway, NEW.token, NEW."then", NEW.content, NEW.asked_at, NEW.asked_by)
     OR OLD.gateway_id <> '' AND OLD.gateway_id <> NEW.gateway_id
     OR OLD.state <> NEW.state AND NOT (
       NEW.state = 'succeeded' AND OLD.state <> 'succeeded'
       OR OLD.state = 'waiting' AND NEW.state IN ('ready', 'declined', 'given_up')
       OR OLD.state = 'ready' AND NEW.state IN ('asked', 'confirm', 'declined', 'given_up')
       OR OLD.state = 'asked' AND NEW.state IN ('confirm', 'declined', 'given_up')
       OR OLD.state = 'confirm' AND NEW.state IN ('asked', 'declined', 'given_up'))
  THEN
    RAISE EXCEPTION 'charge % can not go from % to %, nor be about something else',
      OLD.reference, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_charge_stays_decided';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_charge_stays_decided BEFORE UPDATE OR DELETE ON invoicing_cardcharge
  FOR EACH ROW EXECUTE FUNCTION invoicing_charge_stays_decided();
ALTER TABLE invoicing_cardcharge ENABLE ALWAYS TRIGGER invoicing_charge_stays_decided;

CREATE FUNCTION invoicing_dispute_stays_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'open' OR
     (OLD.invoice_id, OLD.payment_id, OLD.gateway_id, OLD.amount_minor, OLD.currency, OLD.opened_at)
     IS DISTINCT FROM
     (NEW.invoice_id, NEW.payment_id, NEW.gateway_id, NEW.amount_minor, NEW.currency, NEW.opened_at)
  THEN
    RAISE EXCEPTION 'a dispute is decided once, and about what it was opened for'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_dispute_stays_decided';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_dispute_stays_decided BEFORE UPDATE OR DELETE ON invoicing_dispute
  FOR EACH ROW EXECUTE FUNCTION invoicing_dispute_stays_decided();
ALTER TABLE invoicing_dispute ENABLE ALWAYS TRIGGER invoicing_dispute_stays_decided;
CREATE FUNCTION invoicing_bank_line_stays_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state = 'placed' OR
     (OLD.account, OLD.line, OLD.booked_on, OLD.amount_minor, OLD.currency)
     IS DISTINCT FROM (NEW.account, NEW.line, NEW.booked_on, NEW.amount_minor, NEW.currency)
  THEN
    RAISE EXCEPTION 'a line of a bank statement stays as it came, and where it was placed'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_bank_line_stays_placed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_bank_line_stays_placed BEFORE UPDATE OR DELETE ON invoicing_bankline
  FOR EACH ROW EXECUTE FUNCTION invoicing_bank_line_stays_placed();
ALTER TABLE invoicing_bankline ENABLE ALWAYS TRIGGER invoicing_bank_line_stays_placed;
