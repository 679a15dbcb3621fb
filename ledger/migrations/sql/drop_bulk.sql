DROP INDEX ledger_usageevent_refused;
DROP TABLE ledger_backfillbatch, ledger_backfillrow, ledger_importrun, ledger_backfill;
DROP FUNCTION ledger_backfill_follows(), ledger_backfill_is_in_state(), ledger_importrun_goes_forward();
