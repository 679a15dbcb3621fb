-- Undoes what closing.sql makes: a closed month stays closed, whoever would agree.
DROP TRIGGER ledger_account_stays_what_it_is ON ledger_account;
DROP FUNCTION ledger_account_stays_what_it_is;
DROP TRIGGER ledger_period_begins_open ON ledger_accountingperiod;
DROP TRIGGER ledger_period_is_closed_by_an_act ON ledger_accountingperiod;
DROP FUNCTION ledger_period_is_closed_by_an_act;
CREATE OR REPLACE FUNCTION ledger_period_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (NEW.month, NEW.state, NEW.closed_at, NEW.closed_by)
     IS DISTINCT FROM (OLD.month, OLD.state, OLD.closed_at, OLD.closed_by) THEN
    RAISE EXCEPTION 'the month of % is closed and stays so', OLD.month
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_stays_closed';
  END IF;
  RETURN NEW;
END $$;
DROP TABLE ledger_closemark, ledger_periodact;
DROP FUNCTION ledger_periodact_follows;
