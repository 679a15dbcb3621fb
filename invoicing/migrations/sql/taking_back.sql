-- What takes credits and money back promises, kept by the database (docs/database-rules.md).

ALTER TABLE invoicing_creditnote ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE invoicing_creditnote ADD CONSTRAINT invoicing_note_number_reads_as_counted CHECK (
  number = series || '-' || year || '-'
           || lpad(sequence::text, greatest(6, length(sequence::text)), '0'));
ALTER TABLE invoicing_invoicevoid ADD CONSTRAINT invoicing_void_has_a_reason CHECK (reason <> '');

-- Invoices from before had one tax: it becomes a row of its own.
INSERT INTO invoicing_invoicetax
  (invoice_id, no, category, rate_pct, share_pct, net_minor, taxable_minor, tax_minor)
SELECT i.id, 1, i.tax_category, i.tax_rate, s.pct, i.net_minor,
       round(i.net_minor * s.pct::numeric / 100), i.tax_minor
FROM invoicing_invoice AS i
CROSS JOIN LATERAL (
  SELECT coalesce(substring(i.tax_note FROM '^([0-9.]+) % of the price is taxable$'), '100') AS pct
) AS s;
-- What was written is asked now: the table is still to get its keys.
SET CONSTRAINTS ALL IMMEDIATE;

ALTER TABLE invoicing_invoiceline ADD CONSTRAINT invoicing_line_has_its_tax
  FOREIGN KEY (invoice_id, tax_no) REFERENCES invoicing_invoicetax (invoice_id, no)
  DEFERRABLE INITIALLY DEFERRED;

-- How many decimals amounts in a currency have (M1), as creditops/lib/money.py says.
CREATE FUNCTION invoicing_exponent(currency text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN currency = ANY ('{BIF,CLP,DJF,GNF,ISK,JPY,KMF,KRW,PYG,RWF,UGX,UYI,VND,VUV,XAF,XOF,XPF}') THEN 0
    WHEN currency = ANY ('{BHD,IQD,JOD,KWD,LYD,OMR,TND}') THEN 3
    WHEN currency = ANY ('{CLF,UYW}') THEN 4
    ELSE 2 END
$$;

-- What is owed by an invoice, written off or not, and what of that is still asked for.
CREATE FUNCTION invoicing_owed(wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT (i.total_minor
    - coalesce((SELECT sum(p.amount_minor) FROM invoicing_payment AS p WHERE p.invoice_id = i.id), 0)
    - coalesce((SELECT sum(n.receivable_minor) FROM invoicing_creditnote AS n
                WHERE n.invoice_id = i.id), 0)
    - coalesce((SELECT v.amount_minor FROM invoicing_invoicevoid AS v WHERE v.invoice_id = i.id), 0)
  )::bigint
  FROM invoicing_invoice AS i WHERE i.id = wanted
$$;
CREATE FUNCTION invoicing_open(wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(0, invoicing_owed(wanted) - coalesce((
    SELECT w.amount_minor FROM invoicing_writeoff AS w WHERE w.invoice_id = wanted), 0))
$$;

-- The taxes of an invoice stand on the nets of its lines and add up to its tax, at its commit.
CREATE FUNCTION invoicing_invoice_is_its_taxes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(tax_minor) FROM invoicing_invoicetax WHERE invoice_id = NEW.id)
     IS DISTINCT FROM NEW.tax_minor
     OR EXISTS (
       SELECT FROM invoicing_invoicetax AS t
       WHERE t.invoice_id = NEW.id AND t.net_minor IS DISTINCT FROM (
         SELECT sum(l.amount_minor) FROM invoicing_invoiceline AS l
         WHERE l.invoice_id = NEW.id AND l.tax_no = t.no))
  THEN
    RAISE EXCEPTION 'the taxes of invoice % are not those of its lines', NEW.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_invoice_is_its_taxes';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER invoicing_invoice_is_its_taxes AFTER INSERT ON invoicing_invoice
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_is_its_taxes();
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_is_its_taxes;

CREATE TRIGGER invoicing_invoice_is_issued BEFORE INSERT ON invoicing_invoicetax
  FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_is_issued();
ALTER TABLE invoicing_invoicetax ENABLE ALWAYS TRIGGER invoicing_invoice_is_issued;

-- A payment never exceeds what is owed: credit notes and a void lessen that, a write-off does not.
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

-- A credit note is of its invoice's customer and currency; all notes together are never more than the
-- invoice; what is open is lessened first. A void invoice has none.
CREATE FUNCTION invoicing_note_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  billed invoicing_invoice;
BEGIN
  SELECT * INTO billed FROM invoicing_invoice WHERE id = NEW.invoice_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('invoice:' || billed.number, 0));
  IF (NEW.currency, NEW.customer_id) IS DISTINCT FROM (billed.currency, billed.customer_id)
     OR NEW.issue_date < billed.issue_date
     OR EXISTS (SELECT FROM invoicing_invoicevoid WHERE invoice_id = billed.id)
     OR NEW.receivable_minor <> least(NEW.total_minor, invoicing_owed(billed.id))
     OR NEW.total_minor + (
       SELECT coalesce(sum(total_minor), 0) FROM invoicing_creditnote WHERE invoice_id = billed.id
     ) > billed.total_minor
  THEN
    RAISE EXCEPTION 'credit note % does not fit invoice %', NEW.number, billed.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_note_fits';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_note_fits BEFORE INSERT ON invoicing_creditnote
  FOR EACH ROW EXECUTE FUNCTION invoicing_note_fits();
ALTER TABLE invoicing_creditnote ENABLE ALWAYS TRIGGER invoicing_note_fits;

CREATE FUNCTION invoicing_note_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.sequence <> 1 AND NOT EXISTS (
    SELECT FROM invoicing_creditnote AS n
    WHERE n.series = NEW.series AND n.year = NEW.year AND n.sequence = NEW.sequence - 1
      AND n.issue_date <= NEW.issue_date
  ) THEN
    RAISE EXCEPTION 'credit note % does not follow the one before', NEW.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_note_follows';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_note_follows BEFORE INSERT ON invoicing_creditnote
  FOR EACH ROW EXECUTE FUNCTION invoicing_note_follows();
ALTER TABLE invoicing_creditnote ENABLE ALWAYS TRIGGER invoicing_note_follows;

CREATE FUNCTION invoicing_note_is_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT written_in FROM invoicing_creditnote WHERE id = NEW.note_id)
     IS DISTINCT FROM pg_current_xact_id() THEN
    RAISE EXCEPTION 'credit note % is issued', NEW.note_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_note_is_issued';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_note_is_issued BEFORE INSERT ON invoicing_creditnoteline
  FOR EACH ROW EXECUTE FUNCTION invoicing_note_is_issued();
ALTER TABLE invoicing_creditnoteline ENABLE ALWAYS TRIGGER invoicing_note_is_issued;
CREATE TRIGGER invoicing_note_is_issued BEFORE INSERT ON invoicing_creditnotetax
  FOR EACH ROW EXECUTE FUNCTION invoicing_note_is_issued();
ALTER TABLE invoicing_creditnotetax ENABLE ALWAYS TRIGGER invoicing_note_is_issued;

-- A credit note's lines and taxes add up to it, per tax as the lines of the invoice say; no tax of the
-- invoice is credited by more than it was; credits that it names were taken back: asked at the commit.
CREATE FUNCTION invoicing_note_is_its_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount_minor) FROM invoicing_creditnoteline WHERE note_id = NEW.id)
     IS DISTINCT FROM NEW.net_minor
     OR (SELECT sum(tax_minor) FROM invoicing_creditnotetax WHERE note_id = NEW.id)
     IS DISTINCT FROM NEW.tax_minor
     OR EXISTS (
       SELECT FROM (
         SELECT b.tax_no AS no, sum(l.amount_minor) AS net
         FROM invoicing_creditnoteline AS l
         JOIN invoicing_invoiceline AS b ON b.id = l.line_id
         WHERE l.note_id = NEW.id GROUP BY b.tax_no
       ) AS lines
       FULL JOIN (SELECT no, net_minor FROM invoicing_creditnotetax WHERE note_id = NEW.id) AS taxes
         USING (no)
       WHERE lines.net IS DISTINCT FROM taxes.net_minor)
     OR EXISTS (
       SELECT FROM invoicing_creditnotetax AS x
       JOIN invoicing_creditnote AS n ON n.id = x.note_id AND n.invoice_id = NEW.invoice_id
       LEFT JOIN invoicing_invoicetax AS t ON t.invoice_id = NEW.invoice_id AND t.no = x.no
       GROUP BY x.no, t.net_minor, t.taxable_minor, t.tax_minor
       HAVING sum(x.net_minor) > coalesce(t.net_minor, 0)
           OR sum(x.taxable_minor) > coalesce(t.taxable_minor, 0)
           OR sum(x.tax_minor) > coalesce(t.tax_minor, 0))
     OR EXISTS (
       SELECT FROM invoicing_creditnoteline AS l
       JOIN invoicing_invoiceline AS b ON b.id = l.line_id
       LEFT JOIN ledger_move AS m
         ON m.customer_id = NEW.customer_id AND m.block_id = l.block_id AND m.seq = l.move_seq
        AND m.type = 'REVOKE' AND m.credits = l.credits
       WHERE l.note_id = NEW.id
         AND (b.invoice_id <> NEW.invoice_id OR l.block_id IS NOT NULL AND m.seq IS NULL))
  THEN
    RAISE EXCEPTION 'credit note % is not what its lines, taxes and credits say', NEW.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_note_is_its_lines';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER invoicing_note_is_its_lines AFTER INSERT ON invoicing_creditnote
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoicing_note_is_its_lines();
ALTER TABLE invoicing_creditnote ENABLE ALWAYS TRIGGER invoicing_note_is_its_lines;

-- Only an untouched invoice is made void: nothing paid, nothing credited, nothing written off.
CREATE FUNCTION invoicing_void_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  billed record;
BEGIN
  SELECT number, total_minor INTO billed FROM invoicing_invoice WHERE id = NEW.invoice_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('invoice:' || billed.number, 0));
  IF NEW.amount_minor <> billed.total_minor
     OR EXISTS (SELECT FROM invoicing_payment WHERE invoice_id = NEW.invoice_id)
     OR EXISTS (SELECT FROM invoicing_creditnote WHERE invoice_id = NEW.invoice_id)
     OR EXISTS (SELECT FROM invoicing_writeoff WHERE invoice_id = NEW.invoice_id)
  THEN
    RAISE EXCEPTION 'invoice % is not untouched', billed.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_void_fits';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_void_fits BEFORE INSERT ON invoicing_invoicevoid
  FOR EACH ROW EXECUTE FUNCTION invoicing_void_fits();
ALTER TABLE invoicing_invoicevoid ENABLE ALWAYS TRIGGER invoicing_void_fits;

-- Up to which amount, in minor units, somebody may give money away alone: the highest that a setting
-- allows at that instant; without any, nothing.
CREATE FUNCTION invoicing_alone_up_to(currency text, at timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT coalesce(max(
    CASE jsonb_typeof(s.value) WHEN 'string' THEN (s.value #>> '{}')::numeric ELSE 0 END
    * 10 ^ invoicing_exponent(currency)), 0)::bigint
  FROM (
    SELECT DISTINCT ON (scope) scope, value FROM lib_policysetting
    WHERE name = 'money_alone_up_to' AND effective_at <= at
      AND scope !~ '^(customer|contract):'
    ORDER BY scope, effective_at DESC, version DESC
  ) AS s
$$;

-- Money leaves with a second person's approval of exactly this, or below what one may do alone.
CREATE FUNCTION invoicing_refund_fits() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER invoicing_refund_fits BEFORE INSERT ON invoicing_refund
  FOR EACH ROW EXECUTE FUNCTION invoicing_refund_fits();
ALTER TABLE invoicing_refund ENABLE ALWAYS TRIGGER invoicing_refund_fits;

CREATE FUNCTION invoicing_write_off_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  billed record;
BEGIN
  SELECT number, currency INTO billed FROM invoicing_invoice WHERE id = NEW.invoice_id;
  PERFORM pg_advisory_xact_lock(hashtextextended('invoice:' || billed.number, 0));
  IF NEW.amount_minor <> invoicing_owed(NEW.invoice_id)
     OR EXISTS (SELECT FROM invoicing_invoicevoid WHERE invoice_id = NEW.invoice_id)
  THEN
    RAISE EXCEPTION 'write-off does not fit what is owed of invoice %', billed.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_write_off_fits';
  END IF;
  IF NEW.approval_id IS NULL
     AND NEW.amount_minor > invoicing_alone_up_to(billed.currency, NEW.written_off_at)
     OR NEW.approval_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM lib_approval AS a
       WHERE a.id = NEW.approval_id AND a.state = 'approved' AND a.kind = 'money.write_off'
         AND a.content ->> 'invoice' = billed.number AND a.requested_by = NEW.written_off_by
         AND (a.content ->> 'open_minor')::bigint >= NEW.amount_minor)
  THEN
    RAISE EXCEPTION 'the write-off of invoice % needs a second person', billed.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_write_off_has_four_eyes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoicing_write_off_fits BEFORE INSERT ON invoicing_writeoff
  FOR EACH ROW EXECUTE FUNCTION invoicing_write_off_fits();
ALTER TABLE invoicing_writeoff ENABLE ALWAYS TRIGGER invoicing_write_off_fits;
