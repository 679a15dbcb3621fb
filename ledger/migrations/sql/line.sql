-- What the line promises, kept by the database whoever writes (docs/database-rules.md). The event rows
-- carry no trigger, drains none of their own: one statement per batch looks at the counters that moved.

-- A pool's counter stands where its newest drain ends, and moves by what was drained, never back.
CREATE FUNCTION ledger_counter_follows_drains() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT n.customer_id, n.pool_id INTO broken FROM new_states AS n
    WHERE n.consumed <> coalesce((
      SELECT d.pos_end FROM ledger_drain AS d
      WHERE d.customer_id = n.customer_id AND d.pool_id = n.pool_id AND d.line = 0
      ORDER BY d.pos DESC LIMIT 1), 0);
  ELSE
    SELECT n.customer_id, n.pool_id INTO broken FROM new_states AS n
    LEFT JOIN old_states AS o ON o.customer_id = n.customer_id AND o.pool_id = n.pool_id
    WHERE n.consumed IS DISTINCT FROM o.consumed
      AND NOT EXISTS (
        SELECT 1 FROM ledger_drain AS d
        WHERE d.customer_id = n.customer_id AND d.pool_id = n.pool_id AND d.line = 0
          AND d.pos >= o.consumed
        HAVING max(d.pos_end) = n.consumed AND sum(d.pos_end - d.pos) = n.consumed - o.consumed);
  END IF;
  IF FOUND THEN
    RAISE EXCEPTION 'the counter of pool %-% is not where its drains end',
      broken.customer_id, broken.pool_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_counter_follows_drains';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_counter_follows_drains AFTER UPDATE ON ledger_poolstate
  REFERENCING OLD TABLE AS old_states NEW TABLE AS new_states
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_counter_follows_drains();
CREATE TRIGGER ledger_counter_begins_at_drains AFTER INSERT ON ledger_poolstate
  REFERENCING NEW TABLE AS new_states
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_counter_follows_drains();
ALTER TABLE ledger_poolstate ENABLE ALWAYS TRIGGER ledger_counter_follows_drains;
ALTER TABLE ledger_poolstate ENABLE ALWAYS TRIGGER ledger_counter_begins_at_drains;

-- A generation is the next one, begins where the line was left, and knows only moves that exist.
CREATE FUNCTION ledger_layout_begins_at_counter() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER ledger_layout_begins_at_counter AFTER INSERT ON ledger_layout
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_layout_begins_at_counter();
ALTER TABLE ledger_layout ENABLE ALWAYS TRIGGER ledger_layout_begins_at_counter;

-- A segment lies behind the one before it, and a block's holds exactly what is left of the block: what
-- was gone where it was laid out last, what was drawn of it there, and what moved since.
CREATE FUNCTION ledger_segment_holds_the_rest() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  laid_out record;
  last record;
  moved record;
  known bigint := 0;
  taken bigint;
  gone bigint := 0;
  used bigint := 0;
BEGIN
  SELECT l.start_pos, l.move_seq INTO laid_out FROM ledger_layout AS l
  WHERE l.customer_id = NEW.customer_id AND l.pool_id = NEW.pool_id AND l.line = NEW.line
    AND l.no = NEW.layout_no;
  IF NEW.pos <> laid_out.start_pos AND NOT EXISTS (
    SELECT FROM ledger_segment AS g
    WHERE g.customer_id = NEW.customer_id AND g.pool_id = NEW.pool_id AND g.line = NEW.line
      AND g.layout_no = NEW.layout_no AND g.pos_end = NEW.pos
  ) THEN
    RAISE EXCEPTION 'a segment of layout % of pool %-% leaves a gap before it',
      NEW.layout_no, NEW.customer_id, NEW.pool_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_segment_holds_the_rest';
  END IF;
  IF NEW.block_id IS NULL THEN RETURN NULL; END IF;
  SELECT g.pos, g.pos_end, g.b0, g.u0, g.layout_no INTO last FROM ledger_segment AS g
  WHERE g.customer_id = NEW.customer_id AND g.block_id = NEW.block_id
    AND g.layout_no < NEW.layout_no
  ORDER BY g.layout_no DESC LIMIT 1;
  IF FOUND THEN
    SELECT l.move_seq INTO known FROM ledger_layout AS l
    WHERE l.customer_id = NEW.customer_id AND l.pool_id = NEW.pool_id AND l.line = NEW.line
      AND l.no = last.layout_no;
    SELECT greatest(0, least(last.pos_end, l.start_pos) - last.pos) INTO taken
    FROM ledger_layout AS l
    WHERE l.customer_id = NEW.customer_id AND l.pool_id = NEW.pool_id AND l.line = NEW.line
      AND l.no = last.layout_no + 1;
    gone := last.b0 + taken;
    used := last.u0 + taken;
  END IF;
  SELECT coalesce(sum(m.credits), 0) AS gone,
         coalesce(sum(m.credits) FILTER (WHERE m.type LIKE 'CONSUME%'), 0) AS used INTO moved
  FROM ledger_move AS m
  WHERE m.customer_id = NEW.customer_id AND m.pool_id = NEW.pool_id
    AND m.block_id = NEW.block_id
    AND m.seq > known AND m.seq <= laid_out.move_seq;
  IF NEW.b0 IS DISTINCT FROM gone + moved.gone OR NEW.u0 IS DISTINCT FROM used + moved.used
     OR NEW.b0 + NEW.pos_end - NEW.pos <> NEW.granted
  THEN
    RAISE EXCEPTION 'layout % of pool %-% holds another rest of block % than is left',
      NEW.layout_no, NEW.customer_id, NEW.pool_id, NEW.block_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_segment_holds_the_rest';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_segment_holds_the_rest AFTER INSERT ON ledger_segment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_segment_holds_the_rest();
ALTER TABLE ledger_segment ENABLE ALWAYS TRIGGER ledger_segment_holds_the_rest;

-- Moves are numbered 1 to n, the line is laid out anew after them, and nothing comes back that had not
-- left: a reversal is of the same kind and block as what it reverses, and never more than it.
CREATE FUNCTION ledger_move_is_accounted_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq > 1 AND NOT EXISTS (
       SELECT FROM ledger_move AS m
       WHERE m.customer_id = NEW.customer_id AND m.pool_id = NEW.pool_id AND m.seq = NEW.seq - 1)
     OR NOT EXISTS (
       SELECT FROM ledger_layout AS l
       WHERE l.customer_id = NEW.customer_id AND l.pool_id = NEW.pool_id
         AND l.move_seq >= NEW.seq)
  THEN
    RAISE EXCEPTION 'move % of pool %-% is not accounted for by a layout',
      NEW.seq, NEW.customer_id, NEW.pool_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_move_is_accounted_for';
  END IF;
  IF NEW.of_seq IS NOT NULL AND NOT EXISTS (
    SELECT FROM ledger_move AS m
    WHERE m.customer_id = NEW.customer_id AND m.pool_id = NEW.pool_id AND m.seq = NEW.of_seq
      AND m.type || '_REVERSAL' = NEW.type AND m.block_id IS NOT DISTINCT FROM NEW.block_id
      AND m.credits >= (
        SELECT -sum(r.credits) FROM ledger_move AS r
        WHERE r.customer_id = m.customer_id AND r.pool_id = m.pool_id AND r.of_seq = m.seq)
  ) THEN
    RAISE EXCEPTION 'move % of pool %-% gives back what move % did not take',
      NEW.seq, NEW.customer_id, NEW.pool_id, NEW.of_seq
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_move_is_accounted_for';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_move_is_accounted_for AFTER INSERT ON ledger_move
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_move_is_accounted_for();
ALTER TABLE ledger_move ENABLE ALWAYS TRIGGER ledger_move_is_accounted_for;
CREATE INDEX ledger_move_reversals ON ledger_move (customer_id, pool_id, of_seq)
  WHERE of_seq IS NOT NULL;
CREATE INDEX ledger_layout_moves ON ledger_layout (customer_id, pool_id, move_seq);

-- A move posts into an open month (journal.sql has the function).
CREATE TRIGGER ledger_period_is_open BEFORE INSERT ON ledger_move
  FOR EACH ROW EXECUTE FUNCTION ledger_period_is_open();
ALTER TABLE ledger_move ENABLE ALWAYS TRIGGER ledger_period_is_open;

-- Corrections of an event are numbered 1 to n, and a void is the last.
CREATE FUNCTION ledger_correction_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.no > 1 AND NOT EXISTS (
    SELECT FROM ledger_correction AS c
    WHERE c.customer_id = NEW.customer_id AND c.event_id = NEW.event_id AND c.no = NEW.no - 1
      AND NOT c.void
  ) THEN
    RAISE EXCEPTION 'correction % of event %-% follows none, or a void',
      NEW.no, NEW.customer_id, NEW.event_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_correction_follows';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_correction_follows BEFORE INSERT ON ledger_correction
  FOR EACH ROW EXECUTE FUNCTION ledger_correction_follows();
ALTER TABLE ledger_correction ENABLE ALWAYS TRIGGER ledger_correction_follows;
