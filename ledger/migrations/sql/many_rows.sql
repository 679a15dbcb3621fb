-- Checks of many rows at once stay quick, however many there are.

-- The old and the new states of a statement are as many as its pools, which no planner foresees: joined
-- row by row they would take the square of them.
ALTER FUNCTION ledger_counter_follows_drains() SET enable_nestloop TO off;

-- Moves post into open months: asked once per statement and month.
DROP TRIGGER ledger_period_is_open ON ledger_move;
CREATE FUNCTION ledger_moves_post_into_open_periods() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  FOR found IN
    SELECT p.month, p.state FROM ledger_accountingperiod AS p
    WHERE p.month IN (SELECT date_trunc('month', m.posting_date)::date FROM new_moves AS m)
    ORDER BY p.month FOR SHARE
  LOOP
    IF found.state = 'closed' THEN
      RAISE EXCEPTION 'the month of % is closed', found.month
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_is_open';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_period_is_open AFTER INSERT ON ledger_move
  REFERENCING NEW TABLE AS new_moves
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_moves_post_into_open_periods();
ALTER TABLE ledger_move ENABLE ALWAYS TRIGGER ledger_period_is_open;
