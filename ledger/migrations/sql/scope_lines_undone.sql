-- Lines of scopes go only where none was laid out yet: what lies on them can't be told otherwise.
DO $$
BEGIN
  IF EXISTS (SELECT FROM ledger_layout WHERE line <> 0) THEN
    RAISE EXCEPTION 'lines of scopes are laid out: this version of the ledger can''t be left';
  END IF;
END $$;
DROP TRIGGER ledger_segment_lies_on_its_scope ON ledger_segment;
DROP FUNCTION ledger_segment_lies_on_its_scope;
DROP VIEW ledger_line;
DROP TABLE ledger_scopeline;
DROP FUNCTION ledger_scope_counter_follows_drains;
UPDATE ledger_poolstate SET relay_at = least(relay_at, now()) WHERE scoped;
ALTER TABLE ledger_poolstate DROP COLUMN scope_lines;

-- A generation is the next one, begins where the line was left, and knows only moves that exist.
CREATE OR REPLACE FUNCTION ledger_layout_begins_at_counter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.no > 1 AND NOT EXISTS (
       SELECT FROM ledger_layout AS l
       WHERE l.customer_id = NEW.customer_id AND l.pool_id = NEW.pool_id AND l.line = NEW.line
         AND l.no = NEW.no - 1)
     OR NEW.start_pos <> coalesce((
       SELECT d.pos_end FROM ledger_drain AS d
       WHERE d.customer_id = NEW.customer_id AND d.pool_id = NEW.pool_id AND d.line = NEW.line
         AND d.layout_no < NEW.no
       ORDER BY d.pos DESC LIMIT 1), 0)
     OR NEW.move_seq > 0 AND NOT EXISTS (
       SELECT FROM ledger_move AS m
       WHERE m.customer_id = NEW.customer_id AND m.pool_id = NEW.pool_id AND m.seq = NEW.move_seq)
  THEN
    RAISE EXCEPTION 'layout % of pool %-% does not follow the one before',
      NEW.no, NEW.customer_id, NEW.pool_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_layout_begins_at_counter';
  END IF;
  RETURN NULL;
END $$;
