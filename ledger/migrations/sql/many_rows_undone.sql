ALTER FUNCTION ledger_counter_follows_drains() RESET enable_nestloop;
DROP TRIGGER ledger_period_is_open ON ledger_move;
DROP FUNCTION ledger_moves_post_into_open_periods();
CREATE TRIGGER ledger_period_is_open BEFORE INSERT ON ledger_move
  FOR EACH ROW EXECUTE FUNCTION ledger_period_is_open();
ALTER TABLE ledger_move ENABLE ALWAYS TRIGGER ledger_period_is_open;
