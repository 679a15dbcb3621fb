-- What the journal promises, kept by the database whoever writes (docs/database-rules.md).

ALTER TABLE ledger_journalentry ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id();

-- An entry has lines and balances per currency; checked when its transaction commits.
CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_journalline WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'journal entry % has no lines', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_has_lines';
  END IF;
  IF EXISTS (
    SELECT FROM ledger_journalline WHERE entry_id = NEW.id
    GROUP BY currency HAVING sum(debit_minor) <> sum(credit_minor)
  ) THEN
    RAISE EXCEPTION 'journal entry % does not balance', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_journalentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances();
ALTER TABLE ledger_journalentry ENABLE ALWAYS TRIGGER ledger_entry_balances;

-- No line can be added to an entry after its commit, not even a balanced pair.
CREATE FUNCTION ledger_entry_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT written_in FROM ledger_journalentry WHERE id = NEW.entry_id)
     IS DISTINCT FROM pg_current_xact_id() THEN
    RAISE EXCEPTION 'journal entry % is closed', NEW.entry_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_is_closed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_is_closed BEFORE INSERT ON ledger_journalline
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_closed();
ALTER TABLE ledger_journalline ENABLE ALWAYS TRIGGER ledger_entry_is_closed;

-- Nothing posts into a closed month. The share lock makes a close wait for postings under way.
CREATE FUNCTION ledger_period_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  period_state text;
BEGIN
  SELECT state INTO period_state FROM ledger_accountingperiod
   WHERE month = date_trunc('month', NEW.posting_date)::date FOR SHARE;
  IF period_state = 'closed' THEN
    RAISE EXCEPTION 'the month of % is closed', NEW.posting_date
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_is_open';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_period_is_open BEFORE INSERT ON ledger_journalentry
  FOR EACH ROW EXECUTE FUNCTION ledger_period_is_open();
ALTER TABLE ledger_journalentry ENABLE ALWAYS TRIGGER ledger_period_is_open;

-- A month that was closed is neither opened again nor forgotten.
CREATE FUNCTION ledger_period_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (NEW.month, NEW.state, NEW.closed_at, NEW.closed_by)
     IS DISTINCT FROM (OLD.month, OLD.state, OLD.closed_at, OLD.closed_by) THEN
    RAISE EXCEPTION 'the month of % is closed and stays so', OLD.month
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_stays_closed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_period_stays_closed BEFORE UPDATE OR DELETE ON ledger_accountingperiod
  FOR EACH ROW WHEN (OLD.state = 'closed') EXECUTE FUNCTION ledger_period_stays_closed();
ALTER TABLE ledger_accountingperiod ENABLE ALWAYS TRIGGER ledger_period_stays_closed;
