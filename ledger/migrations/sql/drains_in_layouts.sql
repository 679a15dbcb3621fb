-- A drain lies in a layout, and layouts are written once: what a foreign key would ask again for every row is
-- asked once for all that a statement writes. The lateral with LIMIT 1 keeps the planner to the key.
DO $$
DECLARE
  told text := (
    SELECT conname FROM pg_constraint
    WHERE conrelid = 'ledger_drain'::regclass AND contype = 'f' AND confrelid = 'ledger_layout'::regclass
      AND conparentid = 0);
BEGIN
  EXECUTE format('ALTER TABLE ledger_drain DROP CONSTRAINT %I', told);
END $$;

CREATE FUNCTION ledger_drain_lies_in_a_layout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken record;
BEGIN
  SELECT d.* INTO broken FROM new_drains AS d
  LEFT JOIN LATERAL (
    SELECT true AS there FROM ledger_layout AS l
    WHERE l.customer_id = d.customer_id AND l.pool_id = d.pool_id AND l.line = d.line AND l.no = d.layout_no
    LIMIT 1
  ) AS found ON true
  WHERE found.there IS NULL
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'line % of pool %-% has no layout %',
      broken.line, broken.customer_id, broken.pool_id, broken.layout_no
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_drain_lies_in_a_layout';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_drain_lies_in_a_layout AFTER INSERT ON ledger_drain
  REFERENCING NEW TABLE AS new_drains
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_drain_lies_in_a_layout();
ALTER TABLE ledger_drain ENABLE ALWAYS TRIGGER ledger_drain_lies_in_a_layout;
