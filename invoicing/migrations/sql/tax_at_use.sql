-- The taxes of a document stand on what its lines are taxed on: their amounts, or what was paid before.
CREATE OR REPLACE FUNCTION invoicing_invoice_is_its_taxes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(tax_minor) FROM invoicing_invoicetax WHERE invoice_id = NEW.id)
     IS DISTINCT FROM NEW.tax_minor
     OR EXISTS (
       SELECT FROM invoicing_invoicetax AS t
       WHERE t.invoice_id = NEW.id AND t.net_minor IS DISTINCT FROM (
         SELECT sum(coalesce(l.taxed_minor, l.amount_minor)) FROM invoicing_invoiceline AS l
         WHERE l.invoice_id = NEW.id AND l.tax_no = t.no))
  THEN
    RAISE EXCEPTION 'the taxes of invoice % are not those of its lines', NEW.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoicing_invoice_is_its_taxes';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION invoicing_note_is_its_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount_minor) FROM invoicing_creditnoteline WHERE note_id = NEW.id)
     IS DISTINCT FROM NEW.net_minor
     OR (SELECT sum(tax_minor) FROM invoicing_creditnotetax WHERE note_id = NEW.id)
     IS DISTINCT FROM NEW.tax_minor
     OR EXISTS (
       SELECT FROM (
         SELECT b.tax_no AS no, sum(coalesce(l.taxed_minor, l.amount_minor)) AS net
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
